package dev.leasehold.memory.arrow.samples.flight

import dev.leasehold.memory.MiB
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.arrow.newRootAllocator
import org.apache.arrow.flight.BackpressureStrategy
import org.apache.arrow.flight.FlightProducer
import org.apache.arrow.flight.FlightServer
import org.apache.arrow.flight.Location
import org.apache.arrow.flight.NoOpFlightProducer
import org.apache.arrow.flight.Ticket
import org.apache.arrow.memory.BufferAllocator
import kotlin.concurrent.thread

/**
 * The process that has the sales: it prints the port on which it sends them to all that ask, and ends with its input.
 * Its columns are in memory of a manager, and so is all that Arrow takes for sending them.
 */
fun main() {
    SystemMemoryManager("seller") { limit = 16.MiB }.use { manager ->
        manager.newRootAllocator().use { allocator ->
            val here = Location.forGrpcInsecure("localhost", 0)
            FlightServer.builder(allocator, here, Seller(allocator)).build().start().use { server ->
                println(server.port)
                while (System.`in`.read() >= 0) continue
            }
        }
        println("seller: ${manager.stats().used} bytes are still allocated")
    }
}

private class Seller(private val allocator: BufferAllocator) : NoOpFlightProducer() {
    override fun getStream(
        context: FlightProducer.CallContext,
        ticket: Ticket,
        listener: FlightProducer.ServerStreamListener,
    ) {
        val pressure = BackpressureStrategy.CallbackBackpressureStrategy()
        pressure.register(listener)
        // Not on this thread: on it Flight says that there is room for more.
        thread(name = "seller") { send(listener, pressure) }
    }

    /** Fills a batch when there is room for it: no more is in memory, however slow the other side is. */
    private fun send(listener: FlightProducer.ServerStreamListener, pressure: BackpressureStrategy) = try {
        Sales.columns(allocator).use { columns ->
            listener.start(columns)
            for (number in 0 until Sales.BATCHES) {
                check(pressure.waitForListener(TIMEOUT) == BackpressureStrategy.WaitResult.READY) { "no one reads" }
                Sales.fill(columns, number)
                listener.putNext()
            }
        }
        listener.completed()
    } catch (failure: RuntimeException) {
        listener.error(failure)
    }

    private companion object {
        const val TIMEOUT = 60_000L
    }
}
