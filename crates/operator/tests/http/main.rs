//! The routes over a real connection, one file for each, and the main job through all of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod agreement;
mod authenticate;
mod checkpoint;
mod collect;
mod command_line;
mod courier;
mod device;
mod enrol;
mod erasing;
mod evidence;
mod folders;
mod main_job;
mod openapi;
mod operator_info;
mod pausing;
mod pull;
mod push;
mod quota;
mod recovery;
mod renewing;
mod serve;
mod traffic;
