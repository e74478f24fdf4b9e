"""The embedded default: the real template and a simulated SEI API, on this machine.

Three rooms, from what a person starts down to what everything stands on::

    demo                what `make demo` shows: one export and a batch, followed to their end
    cloud               an emulator of AWS, the stack deployed in it, their processes
    simulator           the SEI API, a process of its own
    paths, signals      where things are; how a command ends

`python -m local` is the entry. Imports point downwards only; `cloud` starts the simulator by its
command line, and `demo` takes nothing of it but the org trees that it serves.
"""
