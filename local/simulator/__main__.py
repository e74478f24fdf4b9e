"""`python -m local.simulator` runs the service's command line."""

from local.simulator.service.command import main

if __name__ == "__main__":
    main()
