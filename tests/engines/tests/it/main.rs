//! This crate's reading of rule files, beside the engines that own the formats: file by file, request by request.
//!
//! Each test generates files and requests from fixed seeds, reads the files in `files/`, and compares the
//! decisions: status, location, and whether a redirect waits for a 404. Each difference must be of a kind that
//! the test lists with its reason, and each kind of the list must occur, so that the list shrinks when a
//! difference is fixed. `CASES=50000 cargo test -p tower-redirect-engines` tries more files.

#![expect(unreachable_pub, reason = "a test exports nothing")]

mod answer;
mod apache;
mod compare;
mod files;
mod generate;
mod http;
mod netlify;
mod nginx;
mod node;
mod vercel;
