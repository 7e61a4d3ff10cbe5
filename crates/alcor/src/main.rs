//! The program; see the library for what it does.

use std::process::ExitCode;

#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
fn main() -> ExitCode {
    match alcor::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the failure and what led to it.
            eprintln!("alcor: {error:#}");
            ExitCode::FAILURE
        }
    }
}
