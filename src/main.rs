//! The binary: hands over to the library and ends with its exit code.

fn main() -> std::process::ExitCode {
    zendesk_migrate::cli::main()
}
