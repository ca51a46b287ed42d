package dev.leasehold.memory.internal.jfr

import dev.leasehold.memory.internal.platform.Ending
import dev.leasehold.memory.internal.platform.MemoryEvents
import dev.leasehold.memory.internal.platform.WaitEnd
import jdk.jfr.Event
import jdk.jfr.FlightRecorder

/**
 * Brings what happens in the library into the flight recorder. Made by the service loader once the recorder has
 * started; from then on the figures of all memory are there from time to time, too. An event that no recording wants
 * costs the look whether one does. Any thread.
 */
internal class JfrEvents : MemoryEvents {
    private val statistics = PeriodicStatistics()

    init {
        // So that tools know them all before the first has happened.
        for (type in TYPES) FlightRecorder.register(type)
        statistics.start()
    }

    override fun mapped(owner: String, bytes: Long): Unit = record(SystemEvents.Map()) {
        it.owner = owner
        it.bytes = bytes
    }

    override fun unmapped(owner: String, bytes: Long): Unit = record(SystemEvents.Unmap()) {
        it.owner = owner
        it.bytes = bytes
    }

    override fun retired(owner: String, blocks: Int, nanos: Long): Unit = record(SystemEvents.Retire()) {
        it.owner = owner
        it.blocks = blocks
        it.lifetime = nanos
    }

    override fun waiting(owner: String, size: Long): Ending<WaitEnd> = timed(LeaseEvents.Wait()) { event, end ->
        event.owner = owner
        event.size = size
        event.outcome = end.word
    }

    override fun refused(path: () -> String, requested: Long, limit: Long, used: Long): Unit =
        record(SystemEvents.Refusal()) {
            it.path = path()
            it.requested = requested
            it.limit = limit
            it.used = used
        }

    override fun closedInUse(owner: String, count: Long, bytes: Long): Unit = record(SystemEvents.CloseInUse()) {
        it.owner = owner
        it.count = count
        it.bytes = bytes
    }

    override fun committing(file: String): Ending<Long> = timed(FileEvents.Commit()) { event, bytes ->
        event.file = file
        event.bytes = bytes
    }

    override fun recovering(file: String): Ending<Int> = timed(FileEvents.Recovery()) { event, blocks ->
        event.file = file
        event.blocks = blocks
    }

    override fun rebuilding(file: String): Ending<Long> = timed(FileEvents.Rebuild()) { event, bytes ->
        event.file = file
        event.bytes = bytes
    }

    override fun rented(owner: String, size: Long, tag: String?): Unit = record(LeaseEvents.Rent()) {
        it.owner = owner
        it.size = size
        it.tag = tag
    }

    override fun lost(owner: String, size: Long, ageMillis: Long, site: String?): Unit = record(LeaseEvents.Leak()) {
        it.owner = owner
        it.size = size
        it.age = ageMillis
        it.site = site
    }

    override fun misused(owner: String, what: String, site: String?): Unit = record(LeaseEvents.Misuse()) {
        it.owner = owner
        it.what = what
        it.site = site
    }

    private inline fun <E : Event> record(event: E, fill: (E) -> Unit) {
        if (!event.shouldCommit()) return
        fill(event)
        event.commit()
    }

    private inline fun <E : Event, T> timed(event: E, crossinline fill: (E, T) -> Unit): Ending<T> {
        event.begin()
        return Ending { result ->
            event.end()
            record(event) { fill(it, result) }
        }
    }

    internal companion object {
        /** All events of the library. */
        val TYPES: List<Class<out Event>> = listOf(
            LeaseEvents.Rent::class.java,
            LeaseEvents.Wait::class.java,
            LeaseEvents.Leak::class.java,
            LeaseEvents.Misuse::class.java,
            SystemEvents.Map::class.java,
            SystemEvents.Unmap::class.java,
            SystemEvents.Retire::class.java,
            SystemEvents.Refusal::class.java,
            SystemEvents.CloseInUse::class.java,
            FileEvents.Commit::class.java,
            FileEvents.Recovery::class.java,
            FileEvents.Rebuild::class.java,
            StatisticsEvents.Pool::class.java,
            StatisticsEvents.Manager::class.java,
            StatisticsEvents.Budget::class.java,
        )
    }
}
