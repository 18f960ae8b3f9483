#!/usr/bin/python3
"""A satellite receiver: serves NMEA 0183 on a Unix socket, one fix a second, of the place that a file names.

    nmea.py SOCKET CONTROL        CONTROL holds "LAT LON HDOP AGE" or "silent"; it is read anew for each fix
"""

import datetime
import os
import socket
import sys
import threading
import time


def sentence(body):
    checksum = 0
    for byte in body.encode("ascii"):
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n"


def angle(degrees, width, letters):
    """Degrees and minutes as NMEA writes them: dddmm.mmmmmm, hemisphere."""
    whole, fraction = divmod(abs(degrees), 1)
    return f"{int(whole):0{width}d}{fraction * 60:09.6f},{letters[degrees < 0]}"


def fix(lat, lon, hdop, age):
    taken = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    place = f"{angle(lat, 2, 'NS')},{angle(lon, 3, 'EW')}"
    clock, day = taken.strftime("%H%M%S.00"), taken.strftime("%d%m%y")
    return (
        sentence(f"GPRMC,{clock},A,{place},0.0,0.0,{day},,,A")
        + sentence(f"GPGGA,{clock},{place},1,09,{hdop},347.0,M,-36.0,M,,")
    )


def serve(listener, control):
    try:
        while True:
            with open(control) as file:
                words = file.read().split()
            if len(words) == 4:
                lat, lon, hdop, age = words
                listener.sendall(fix(float(lat), float(lon), hdop, float(age)).encode("ascii"))
            time.sleep(1)
    except OSError:
        listener.close()


def main():
    path, control = sys.argv[1:3]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    os.chmod(path, 0o666)
    server.listen(5)
    while True:
        listener, _ = server.accept()
        threading.Thread(target=serve, args=(listener, control), daemon=True).start()


if __name__ == "__main__":
    main()
