"""The `openstack` command, many times in one process: starting it costs seconds.

Reads one command line a line, and prints for each a line of JSON with its status and output.
"""

import contextlib
import io
import json
import shlex
import sys

from openstackclient import shell


def run(line):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = shell.OpenStackShell().run(shlex.split(line))
        except SystemExit as ended:
            status = ended.code
    return {"status": status, "stdout": out.getvalue(), "stderr": err.getvalue()}


for line in sys.stdin:
    print(json.dumps(run(line)), flush=True)
