#!/usr/bin/python3
"""The agent that GeoClue asks on behalf of the person.

    agent.py LEVEL READY          LEVEL is the highest accuracy allowed: 8 exact, 0 location switched off.
                                  The file READY appears when the service has accepted the agent.
"""

import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

PATH = "/org/freedesktop/GeoClue2/Agent"
# One of the names in the default list of agents of /etc/geoclue/geoclue.conf.
NAME = "geoclue-demo-agent"


class Agent(dbus.service.Object):
    def __init__(self, bus, level):
        super().__init__(bus, PATH)
        self.level = dbus.UInt32(level)

    @dbus.service.method("org.freedesktop.GeoClue2.Agent", in_signature="su", out_signature="bu")
    def AuthorizeApp(self, _desktop_id, requested):
        return self.level > 0, min(requested, self.level)

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="ss", out_signature="v")
    def Get(self, _interface, _name):
        return self.level

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature="s", out_signature="a{sv}")
    def GetAll(self, _interface):
        return {"MaxAccuracyLevel": self.level}


def main():
    level, ready = int(sys.argv[1]), sys.argv[2]
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    bus = dbus.SystemBus()
    agent = Agent(bus, level)
    loop = GLib.MainLoop()

    def accepted():
        # GeoClue answers before it has read the level; a moment later it has.
        GLib.timeout_add(200, lambda: open(ready, "w").close())

    def refused(error):
        print(f"GeoClue does not accept {agent}: {error}", file=sys.stderr)
        loop.quit()

    manager = bus.get_object("org.freedesktop.GeoClue2", "/org/freedesktop/GeoClue2/Manager")
    manager.AddAgent(
        NAME, dbus_interface="org.freedesktop.GeoClue2.Manager", reply_handler=accepted, error_handler=refused
    )
    loop.run()


if __name__ == "__main__":
    main()
