//! The routes over a real connection, one file for each, and the main job through all of them.

mod device;
mod main_job;
