"""One module a command: HELP, EXAMPLE, add_arguments(parser) and run(args) -> exit code."""
