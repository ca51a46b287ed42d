package dev.leasehold.memory.arrow.samples.flight

import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.arrow.newRootAllocator
import org.apache.arrow.flight.FlightClient
import org.apache.arrow.flight.Location
import org.apache.arrow.flight.Ticket

/** The process that adds up the sales, batch by batch as they come from the port [words] names, and prints the totals. */
fun main(words: Array<String>) {
    val totals = LongArray(Sales.SHOPS)
    var batches = 0
    SystemMemoryManager("accountant") { limit = 16.MiB }.use { manager ->
        manager.newRootAllocator().use { allocator ->
            val there = Location.forGrpcInsecure("localhost", words.single().toInt())
            FlightClient.builder(allocator, there).build().use { client ->
                client.getStream(Ticket("sales".toByteArray())).use { stream ->
                    while (stream.next()) {
                        Sales.add(stream.root, totals)
                        batches++
                    }
                }
            }
        }
        println("accountant: $batches batches, totals ${totals.toList()}")
        println("accountant: ${manager.stats().used} bytes are still allocated")
    }
}
