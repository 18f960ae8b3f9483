#!/usr/bin/python3
"""A location service on a system bus of its own, for tests. Nothing of the machine's own bus is touched.

    location.py real   [--place "LAT LON HDOP AGE"] [--agent-level N | --no-agent]  [-- COMMAND...]
    location.py mock   [--scenario NAME]                                            [-- COMMAND...]
    location.py absent                                                              [-- COMMAND...]

real    Debian's own GeoClue, fed with NMEA through a socket, and an agent that answers for the person.
mock    python-dbusmock with the same interfaces, for what the real service cannot be brought to do.
absent  a bus without a location service.

With a COMMAND it is run with DBUS_SYSTEM_BUS_ADDRESS, ESEP_LOCATION_CALLS and ESEP_LOCATION_CONTROL set, and its exit
code is passed on. Without one, the same three are printed as NAME=value lines, followed by READY; everything is ended
when standard input closes.

ESEP_LOCATION_CALLS    a file that a monitor of the bus appends to, one line a message, as `dbus-monitor --profile`
                       writes them: only method calls on org.freedesktop.GeoClue2.Client, the member in the last column
ESEP_LOCATION_CONTROL  a file that may be rewritten at any time. real: the place, or "silent" for a receiver without
                       sky; HDOP decides the accuracy (up to 1: unknown, 2: 1 m, 5: 3 m, 10: 50 m, 20: 100 m, more:
                       300 m); AGE is how many seconds old the fixes claim to be (GeoClue reads only their time of day, so not
                       across midnight UTC). mock: the scenario (geoclue_mock.py)
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
PYTHON = "/usr/bin/python3"
SERVICE = "org.freedesktop.GeoClue2"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*" eavesdrop="true"/>
  </policy>
</busconfig>
"""


class Harness:
    """Starts the parts one after the other, each only when the one before it answers."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="esep-location-")
        self.parts = []
        self.calls = self.path("calls")
        self.control = self.path("control")
        self.address = "unix:path=" + self.path("bus")
        self.environment = dict(
            os.environ,
            DBUS_SYSTEM_BUS_ADDRESS=self.address,
            ESEP_LOCATION_CALLS=self.calls,
            ESEP_LOCATION_CONTROL=self.control,
        )

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, command, **kwargs):
        kwargs.setdefault("stdout", subprocess.DEVNULL)
        with open(self.path("log"), "ab") as log:
            part = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=log, env=self.environment, **kwargs
            )
        self.parts.append(part)
        return part

    def wait_until(self, what, is_so):
        for _ in range(200):
            if is_so():
                return
            gone = next((part for part in self.parts if part.poll() is not None), None)
            if gone is not None:
                break
            time.sleep(0.05)
        with open(self.path("log"), errors="replace") as log:
            sys.exit(f"{what} did not come about:\n{log.read()}")

    def has_owner(self):
        answer = subprocess.run(
            ["gdbus", "call", "--address", self.address, "--dest", "org.freedesktop.DBus", "--object-path", "/",
             "--method", "org.freedesktop.DBus.NameHasOwner", SERVICE],
            capture_output=True, text=True, check=False,
        )
        return "true" in answer.stdout

    def bus(self):
        with open(self.path("bus.conf"), "w") as config:
            config.write(BUS.format(socket=self.path("bus")))
        self.start(["dbus-daemon", "--config-file", self.path("bus.conf"), "--nofork"])
        self.wait_until("the bus", lambda: os.path.exists(self.path("bus")))

    def monitor(self):
        rule = f"type='method_call',interface='{SERVICE}.Client'"
        with open(self.calls, "wb") as calls:
            self.start(["dbus-monitor", "--address", self.address, "--profile", rule], stdout=calls)
        self.wait_until("the monitor", self.is_watched)

    def is_watched(self):
        # A connection loses its name when the bus makes it a monitor.
        with open(self.calls) as calls:
            return "NameLost" in calls.read()

    def write_control(self, text):
        with open(self.control, "w") as control:
            control.write(text + "\n")

    def real(self, options):
        self.write_control(options.place)
        nmea = self.path("nmea")
        self.start([PYTHON, os.path.join(HERE, "nmea.py"), nmea, self.control])
        self.wait_until("the receiver", lambda: os.path.exists(nmea))
        self.start(["/usr/libexec/geoclue", "--timeout", "0", "--nmea-socket", nmea])
        self.wait_until("GeoClue", self.has_owner)
        if not options.no_agent:
            ready = self.path("agent")
            self.start([PYTHON, os.path.join(HERE, "agent.py"), str(options.agent_level), ready])
            self.wait_until("the agent", lambda: os.path.exists(ready))

    def mock(self, options):
        self.write_control(options.scenario)
        template = os.path.join(HERE, "geoclue_mock.py")
        self.start([PYTHON, "-m", "dbusmock", "--system", "--template", template])
        self.wait_until("the mock", self.has_owner)

    def end(self):
        for part in reversed(self.parts):
            if part.poll() is None:
                part.terminate()
        for part in self.parts:
            try:
                part.wait(timeout=5)
            except subprocess.TimeoutExpired:
                part.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def parse():
    arguments, command = sys.argv[1:], []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, command = arguments[:split], arguments[split + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service", choices=["real", "mock", "absent"])
    parser.add_argument("--place", default="51.1605 71.4704 4 0")
    parser.add_argument("--agent-level", type=int, default=8)
    parser.add_argument("--no-agent", action="store_true")
    parser.add_argument("--scenario", default="fix")
    return parser.parse_args(arguments), command


def main():
    options, command = parse()
    # A test that is killed takes the harness with it in an orderly way.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    harness = Harness()
    try:
        harness.bus()
        harness.monitor()
        if options.service == "real":
            harness.real(options)
        elif options.service == "mock":
            harness.mock(options)
        if command:
            return subprocess.run(command, env=harness.environment, check=False).returncode
        for name in ("DBUS_SYSTEM_BUS_ADDRESS", "ESEP_LOCATION_CALLS", "ESEP_LOCATION_CONTROL"):
            print(f"{name}={harness.environment[name]}")
        print("READY", flush=True)
        sys.stdin.read()
        return 0
    finally:
        harness.end()


if __name__ == "__main__":
    sys.exit(main())
