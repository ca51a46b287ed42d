package dev.leasehold.benchmarks.service

import dev.leasehold.memory.MemoryPool
import dev.leasehold.memory.Segment
import dev.leasehold.memory.dsl.memoryScope
import dev.leasehold.samples.service.LineParser
import dev.leasehold.samples.service.ServiceMemory
import dev.leasehold.samples.service.StationTable
import java.nio.ByteBuffer
import java.nio.channels.SocketChannel

/** Serves one connection as the service of the samples does, but on its own thread, with leases of that thread. */
internal fun serveFromLeases(channel: SocketChannel, pool: MemoryPool): Unit = memoryScope(pool, "connection") {
    val lease = pool.rent(ServiceMemory.CONNECTION).segment
    var table = ServiceMemory.table(lease).apply { clear() }
    val parser = LineParser()
    val buffer = ServiceMemory.buffer(lease)
    val bytes = buffer.asByteBuffer()
    while (channel.read(bytes) >= 0) {
        takeLines(parser, buffer, bytes, table)
        if (parser.needsRoom) {
            val large = ServiceMemory.table(pool.rent(ServiceMemory.LARGE_TABLE).segment).apply { clear() }
            check(large.addAll(table))
            table = large
            takeLines(parser, buffer, bytes, table)
        }
    }
    write(channel, table.stations().joinToString(", ", "{", "}\n"))
}

/** Takes the whole lines in front of the position of [bytes], and moves what is left to the start. */
private fun takeLines(parser: LineParser, buffer: Segment, bytes: ByteBuffer, table: StationTable) {
    val taken = parser.parse(buffer.slice(0, bytes.position().toLong()), table)
    bytes.flip().position(taken.toInt())
    bytes.compact()
}

internal fun write(channel: SocketChannel, answer: String) {
    val bytes = ByteBuffer.wrap(answer.toByteArray())
    while (bytes.hasRemaining()) channel.write(bytes)
}
