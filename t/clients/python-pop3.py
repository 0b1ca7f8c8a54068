#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# poplib, as an application uses it: writes the first message to a file.
#
#   python-pop3.py read HOST PORT FILE
import poplib
import sys

_, host, port, path = sys.argv[1:]
client = poplib.POP3(host, int(port))
client.user('any')
client.pass_('word')
_, lines, _ = client.retr(1)
with open(path, 'wb') as file:
    file.write(b''.join(line + b'\r\n' for line in lines))
client.quit()
