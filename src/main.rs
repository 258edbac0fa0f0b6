//! The program: hands over to [`exonym::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    exonym::cli::run()
}
