//! `alcor-host`: of the program only what runs on hosts that run VMs, and so less than half its size.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(
    clippy::print_stderr,
    reason = "a command says on standard error why it failed"
)]
fn main() -> ExitCode {
    match alcor::run_on_host() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the failure and what led to it.
            eprintln!("alcor-host: {error:#}");
            ExitCode::FAILURE
        }
    }
}
