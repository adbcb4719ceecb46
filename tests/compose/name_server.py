"""The addresses of sandboxed services, as Docker's name server tells them: `name_server.py address file`."""

import json
import socket
import sys
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

TO_LIVE = 1  # seconds


def answer(query: bytes, names: dict[str, list[str]]) -> bytes:
    """Return what to answer: every address of a name, or that there is no such name."""
    asked = dns.message.from_wire(query)
    said = dns.message.make_response(asked)
    said.flags |= dns.flags.RA
    question = asked.question[0]
    addresses = names.get(question.name.to_text(omit_final_dot=True).lower())
    if addresses is None:
        said.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == dns.rdatatype.A:
        said.answer.append(dns.rrset.from_text_list(question.name, TO_LIVE, "IN", "A", addresses))
    return said.to_wire()


def serve(address: str, file: Path) -> None:
    """Answer for ever; the file is read for each question, so that it may change."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 53))
        while True:
            query, asker = sock.recvfrom(4096)
            sock.sendto(answer(query, json.loads(file.read_text())), asker)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
