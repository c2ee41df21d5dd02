"""A node in Python: the replicated register of consensus/abd, as `lockstep run abd --node` hosts it.

It speaks the node protocol (docs/node-protocol.md) on its standard input and output, and ABD's own
messages inside. Nothing of the framework is needed but four message definitions:

    protoc --python_out=build/python transport/process/node_protocol.proto \\
        transport/request.proto consensus/abd/abd.proto statemachine/register.proto
    ./lockstep run abd --node \\
        "env PYTHONPATH=build/python /usr/bin/python3 docs/examples/abd_node.py"

Whatever it is told, it answers with the effects that consensus/abd/abd.cc would have recorded: runs
have the same digest.
"""
import struct
import sys

from consensus.abd.abd_pb2 import Message, Versioned
from statemachine.register_pb2 import RegisterCommand, RegisterResult
from transport.process.node_protocol_pb2 import Effects, Event, Outgoing
from transport.request_pb2 import Reply, Request

VERSION = 1
RETRY = 0  # the only timer
RETRY_LOW, RETRY_HIGH = 40_000_000, 60_000_000  # nanoseconds


def age(version):
    return version.timestamp.counter, version.timestamp.writer


class Operation:
    """A client's read or write that this node coordinates."""

    def __init__(self, request, command, latest, myself):
        self.request, self.command, self.replied = request, command, {myself}
        self.latest, self.updating = Versioned(), False
        self.latest.CopyFrom(latest)


class Node:
    def __init__(self, start):
        self.me, self.members = start.self, list(start.initial_members)
        self.current, self.operations = Versioned(), {}
        self.next_operation = start.incarnation << 32
        for record in start.stored:
            if record.key == b"version":
                self.current.ParseFromString(record.value)

    def send(self, effects, to, message):
        effects.outgoing.add(kind=Outgoing.MESSAGE, to=to, payload=message.SerializeToString())

    def reply(self, effects, request, reply):
        reply.client, reply.sequence = request.client, request.sequence
        effects.outgoing.add(kind=Outgoing.REPLY, client=request.client,
                             payload=reply.SerializeToString())

    def adopt(self, effects, version):
        if age(version) > age(self.current):
            self.current.CopyFrom(version)
            effects.writes.add(key=b"version", value=self.current.SerializeToString())

    def ask(self, effects, number):
        operation, message = self.operations[number], Message()
        if operation.updating:
            message.update.operation = number
            message.update.version.CopyFrom(operation.latest)
        else:
            message.query.operation = number
        for member in self.members:
            if member != self.me:
                self.send(effects, member, message)
        effects.timers.add(timer=RETRY, key=number, low=RETRY_LOW, high=RETRY_HIGH)

    def on_request(self, effects, request):
        command = RegisterCommand.FromString(request.command)
        if command.operation not in (RegisterCommand.READ, RegisterCommand.WRITE):
            why = b"a register without consensus offers read and write only"
            return self.reply(effects, request, Reply(status=Reply.REJECTED, result=why))
        self.next_operation += 1
        number = self.next_operation
        self.operations[number] = Operation(request, command, self.current, self.me)
        self.ask(effects, number)
        self.advance(effects, number)

    def on_message(self, effects, sender, message):
        kind, answer = message.WhichOneof("body"), Message()
        if kind == "query":
            answer.query_reply.operation = message.query.operation
            answer.query_reply.latest.CopyFrom(self.current)
            self.send(effects, sender, answer)
        elif kind == "update":
            self.adopt(effects, message.update.version)
            answer.update_reply.operation = message.update.operation
            self.send(effects, sender, answer)
        elif kind is not None:
            self.on_answer(effects, sender, getattr(message, kind), kind == "update_reply")

    def on_answer(self, effects, sender, answer, to_update):
        operation = self.operations.get(answer.operation)
        if operation is None or operation.updating != to_update:
            return
        operation.replied.add(sender)
        if not to_update and age(answer.latest) > age(operation.latest):
            operation.latest.CopyFrom(answer.latest)
        self.advance(effects, answer.operation)

    def advance(self, effects, number):
        operation = self.operations[number]
        if len(operation.replied) <= len(self.members) // 2:
            return
        if operation.updating:
            return self.finish(effects, number)
        if operation.command.operation == RegisterCommand.WRITE:
            operation.latest.CopyFrom(max(self.current, operation.latest, key=age))
            operation.latest.timestamp.counter += 1
            operation.latest.timestamp.writer = self.me
            operation.latest.value = operation.command.value
        operation.updating, operation.replied = True, {self.me}
        self.adopt(effects, operation.latest)
        self.ask(effects, number)
        self.advance(effects, number)

    def finish(self, effects, number):
        operation, result = self.operations.pop(number), RegisterResult()
        if operation.command.operation == RegisterCommand.READ and operation.latest.HasField("value"):
            result.value = operation.latest.value
        self.reply(effects, operation.request, Reply(result=result.SerializeToString()))
        effects.timers.add(timer=RETRY, key=number, cancel=True)

    def describe(self, effects):
        counter, writer = age(self.current)
        effects.fields.add(name=b"timestamp", value=b"%d.%d" % (counter, writer))
        value = self.current.value if self.current.HasField("value") else b"nil"
        effects.fields.add(name=b"value", value=value)
        effects.fields.add(name=b"operations", value=b"%d" % len(self.operations))


def handle(node, event):
    effects = Effects()
    if event.kind == Event.START:
        effects.version = VERSION
        node = Node(event.start)
    elif event.kind == Event.REQUEST:
        node.on_request(effects, Request.FromString(event.payload))
    elif event.kind == Event.MESSAGE:
        node.on_message(effects, getattr(event, "from"), Message.FromString(event.payload))
    elif event.kind == Event.TIMER and event.key in node.operations:
        node.ask(effects, event.key)
    elif event.kind == Event.REPLY:
        effects.unhandled = True
    elif event.kind == Event.DESCRIBE:
        node.describe(effects)
    return node, effects


def main():
    node, length = None, struct.Struct("<I")
    while header := sys.stdin.buffer.read(length.size):
        event = Event.FromString(sys.stdin.buffer.read(*length.unpack(header)))
        node, effects = handle(node, event)
        answer = effects.SerializeToString()
        sys.stdout.buffer.write(length.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
