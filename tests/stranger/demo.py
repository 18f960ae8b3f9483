"""A real operator with the demo organisation, whose people are all invented."""

import json
import os
import pathlib
import select
import socket
import subprocess
import tempfile

STARTS_WITHIN = 30


def program():
    found = os.environ.get("ESEP_OPERATOR_BIN")
    if not found:
        raise RuntimeError("ESEP_OPERATOR_BIN must name a built esep-operator (cargo xtask stranger does it)")
    return found


class Operator:
    """One process on a free port of this computer; `people` and `children` are what the demo tells of them."""

    def __init__(self):
        binary = program()
        self._home = tempfile.TemporaryDirectory(prefix="esep-stranger-")
        folder = pathlib.Path(self._home.name, "operator")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            listen = "{}:{}".format(*free.getsockname())
        made = subprocess.run(
            [binary, "demo", "--json", "--dir", folder, "--listen", listen], check=True, stdout=subprocess.PIPE,
        )
        self.told = json.loads(made.stdout)
        self._log = pathlib.Path(self._home.name, "operator.log")
        with self._log.open("wb") as log:
            serve = [binary, "serve", "--dir", folder, "--listen", listen]
            self._server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log)
        ready, _, _ = select.select([self._server.stdout], [], [], STARTS_WITHIN)
        if not ready or not self._server.stdout.readline().startswith(b"listening on "):
            self.stop()
            raise RuntimeError("the operator does not start")

    def stop(self):
        self._server.terminate()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server.stdout.close()
        self._home.cleanup()

    def story(self):
        """A child, one who accompanies it, one who represents it, a coordinator, and one who has not met them yet."""
        def those(role):
            return [person for person in self.told["people"] if person["roles"] == [role] and person["link"]]

        for child in self.told["children"]:
            specialists = [person for person in those("specialist") if person["person"] in child["care_team"]]
            parents = [person for person in those("representative") if person["person"] in child["representatives"]]
            if specialists and parents:
                chosen = specialists[0], parents[0]
                another = next(person for person in those("specialist") if person not in chosen)
                return child, *chosen, those("coordinator")[0], another
        raise RuntimeError("nobody in the demo accompanies a child of somebody")
