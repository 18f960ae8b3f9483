//! The rules of the operator, on the store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod agreements;
mod authority;
mod bare;
mod behind;
mod carrying;
mod collecting;
mod corpus;
mod enrolment;
mod filling;
mod moments;
mod places;
mod pulling;
mod rebuilding;
mod recovering;
mod scopes;
mod series;
mod world;
