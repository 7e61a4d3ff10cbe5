"""The `openstack` command, many times in one process: starting it costs seconds.

`Shell` runs command lines as its interactive mode does, and checks what they answer.
"""

import io
import json
import logging
import shlex
import sys

from openstackclient import shell

import identity


class Failed(Exception):
    """A command that did not succeed, and what it complained of."""


class Complaints(logging.Handler):
    """What the client logs as errors."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.said = []

    def emit(self, record):
        self.said.append(record.getMessage())


class Shell:
    def __init__(self, endpoint, token):
        keystone = identity.serve(endpoint, token)
        names = "--os-username operator --os-password secret --os-project-name operators"
        domains = "--os-user-domain-id default --os-project-domain-id default"
        self.complaints = Complaints()
        self.app = shell.OpenStackShell()
        start = f"--os-auth-url {keystone} {names} {domains} --os-auth-type password module list"
        self.app.stdout = io.StringIO()
        if self.app.run(shlex.split(start)) != 0:
            raise Failed(self.app.stdout.getvalue())
        logging.getLogger().addHandler(self.complaints)

    def text(self, line):
        """Runs a command, and returns what it printed."""
        self.app.stdout = io.StringIO()
        self.complaints.said.clear()
        if self.app.run_subcommand(shlex.split(line)) != 0:
            raise Failed(f"openstack {line}: {self.complaints.said} {self.app.stdout.getvalue()}")
        return self.app.stdout.getvalue()

    def json(self, line, **wanted):
        """Runs a command that prints one resource. The wanted columns must be as said: a colon
        in a column's name is written as two underscores, a blank as one."""
        shown = json.loads(self.text(f"{line} -f json"))
        check(line, shown, wanted)
        return shown

    def silent(self, line):
        """Runs a command that prints nothing."""
        said = self.text(line)
        assert said == "", f"openstack {line}: {said}"

    def rows(self, line):
        return json.loads(self.text(f"{line} -f json"))

    def lists(self, line, *wanted, by="Name"):
        """Runs a list; the column must have exactly the wanted values, in any order."""
        rows = self.rows(line)
        found = sorted(str(row[by]) for row in rows)
        assert found == sorted(map(str, wanted)), f"openstack {line}: {found}, not {sorted(wanted)}"
        return rows

    def fails(self, line, *reasons):
        """Runs a command that must fail, and must say all the reasons."""
        try:
            said = self.text(line)
        except Failed as failed:
            for reason in reasons:
                assert reason in str(failed), f"{failed}, not {reason}"
        else:
            raise AssertionError(f"openstack {line} succeeded: {said}")

    def gone(self, noun, name):
        """There must not be one of this name."""
        self.fails(f"{noun} show {name}", "No ", f"found for {name}")


def check(line, shown, wanted):
    columns = {column.replace(":", "__").replace(" ", "_").replace("-", "_"): column for column in shown}
    for name, value in wanted.items():
        assert name in columns, f"openstack {line}: no {name} in {sorted(columns)}"
        found = shown[columns[name]]
        assert found == value, f"openstack {line}: {name} is {found!r}, not {value!r}"


def main(*steps):
    """usage: SCRIPT ENDPOINT TOKEN"""
    os = Shell(*sys.argv[1:])
    for step in steps:
        step(os)
