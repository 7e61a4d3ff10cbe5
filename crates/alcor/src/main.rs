//! The program; see the library for what it does.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// The system's allocator took a fifth of the processor time of a create, and its threads
/// waited for each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
fn main() -> ExitCode {
    match alcor::run() {
        Ok(code) => code,
        Err(error) => {
            // One line: the failure and what led to it.
            eprintln!("alcor: {error:#}");
            ExitCode::FAILURE
        }
    }
}
