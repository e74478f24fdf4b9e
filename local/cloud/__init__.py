"""The local cloud: the template, built and deployed in an emulator of AWS beside the simulator.

Options come in from the environment or from a demo; a `Stack` goes out, which says where everything
is. `emulator` is loaded by the emulator's own environment and by nothing here.
"""
