"""The embedded default: a simulator of the SEI API and a local cloud with the real template."""
