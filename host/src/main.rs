//! The program `patchbay`. What it does is in the library; see `cli.rs`.

fn main() -> std::process::ExitCode {
    patchbay::cli::main()
}
