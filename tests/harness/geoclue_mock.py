"""GeoClue2 as a template of python-dbusmock: what the real service cannot be brought to do in a test.

The scenario is the first word of the file named by ESEP_LOCATION_CONTROL, read anew at each call:

    fix               a position at once
    late              a position after a second
    denied            the person or a rule refuses the start
    disabled          the person has switched location off
    no-agent          nobody to ask: the client never comes (as 2.6 does)
    refused-no-agent  nobody to ask: the start is refused (as 2.4 and 2.5 do)
    off               the service sees no source, and nothing ever comes
    silent            the start succeeds, and nothing ever comes
    pending           the start is never answered
    stale             a position of an hour ago
    stale-then-fresh  the same, then a fresh one
    null-island       a position of zero and zero
    nonsense          positions that are no place on earth
"""

import os
import time

import dbus
import dbus.service
from gi.repository import GLib

BUS_NAME = "org.freedesktop.GeoClue2"
MAIN_OBJ = "/org/freedesktop/GeoClue2/Manager"
MAIN_IFACE = "org.freedesktop.GeoClue2.Manager"
SYSTEM_BUS = True

CLIENT = "org.freedesktop.GeoClue2.Client"
LOCATION = "org.freedesktop.GeoClue2.Location"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
ASTANA = (51.1605, 71.4704)
HOUR_S = 3600
REFUSALS = {
    "denied": "Agent rejected 'kz.kte.esep' for user '1000'.",
    "disabled": "Geolocation disabled for UID 1000",
    "refused-no-agent": "'kz.kte.esep' disallowed, no agent for UID 1000",
}

manager = None
serial = 0


def scenario():
    with open(os.environ["ESEP_LOCATION_CONTROL"]) as control:
        return control.read().split()[0]


def load(mock, _parameters):
    global manager
    manager = mock
    mock.AddProperties(MAIN_IFACE, {"InUse": False, "AvailableAccuracyLevel": level()})
    GLib.timeout_add(50, follow_level)


def level():
    return dbus.UInt32(0 if scenario() == "off" else 8)


def follow_level():
    manager.props[MAIN_IFACE]["AvailableAccuracyLevel"] = level()
    return True


def next_path(kind):
    global serial
    serial += 1
    return f"/org/freedesktop/GeoClue2/{kind}/{serial}"


@dbus.service.method(MAIN_IFACE, in_signature="", out_signature="o", async_callbacks=("ok", "_failed"))
def GetClient(self, ok, _failed):
    if scenario() == "no-agent":
        return
    path = next_path("Client")
    properties = {
        "Location": dbus.ObjectPath("/"),
        "DistanceThreshold": dbus.UInt32(0),
        "TimeThreshold": dbus.UInt32(0),
        "DesktopId": "",
        "RequestedAccuracyLevel": dbus.UInt32(0),
        "Active": False,
    }
    self.AddObject(path, CLIENT, properties, [])
    ok(dbus.ObjectPath(path))


@dbus.service.method(MAIN_IFACE, in_signature="o", out_signature="")
def DeleteClient(self, client):
    self.RemoveObject(client)


@dbus.service.method(CLIENT, in_signature="", out_signature="", async_callbacks=("ok", "failed"))
def Start(self, ok, failed):
    what = scenario()
    properties = self.props[CLIENT]
    if not properties["DesktopId"]:
        return failed(dbus.DBusException("'DesktopId' property must be set", name=ACCESS_DENIED))
    if what in REFUSALS:
        return failed(dbus.DBusException(REFUSALS[what], name=ACCESS_DENIED))
    if what == "pending":
        return None
    properties["Active"] = True
    ok()
    schedule(self, what)
    return None


@dbus.service.method(CLIENT, in_signature="", out_signature="")
def Stop(self):
    self.props[CLIENT]["Active"] = False


def schedule(client, what):
    """Plans what a started client reports: (milliseconds, place, age in seconds)."""
    plans = {
        "fix": [(0, ASTANA, 0)],
        "late": [(1000, ASTANA, 0)],
        "stale": [(0, ASTANA, HOUR_S)],
        "stale-then-fresh": [(0, ASTANA, HOUR_S), (300, ASTANA, 0)],
        "null-island": [(0, (0.0, 0.0), 0)],
        "nonsense": [(0, (float("nan"), 71.4704), 0), (100, (51.1605, 180.5), 0)],
    }
    for delay_ms, place, age_s in plans.get(what, []):
        GLib.timeout_add(delay_ms, report, client, place, age_s)


def report(client, place, age_s):
    properties = client.props[CLIENT]
    if not properties["Active"]:
        return False
    path, now = next_path("Location"), time.time() - age_s
    values = {
        "Latitude": dbus.Double(place[0]),
        "Longitude": dbus.Double(place[1]),
        "Accuracy": dbus.Double(7.5),
        "Altitude": dbus.Double(347.0),
        "Speed": dbus.Double(-1.0),
        "Heading": dbus.Double(-1.0),
        "Description": "",
        "Timestamp": dbus.Struct(
            (dbus.UInt64(int(now)), dbus.UInt64(int(now % 1 * 1_000_000))), signature="tt"
        ),
    }
    manager.AddObject(path, LOCATION, values, [])
    old, properties["Location"] = properties["Location"], dbus.ObjectPath(path)
    client.EmitSignal(CLIENT, "LocationUpdated", "oo", [old, dbus.ObjectPath(path)])
    return False
