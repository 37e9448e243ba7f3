"""`python -m xiaoyuan` is the `xiaoyuan` command."""

from xiaoyuan.config.command_line import main

main()
