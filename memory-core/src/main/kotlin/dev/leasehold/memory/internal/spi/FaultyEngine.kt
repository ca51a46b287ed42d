@file:OptIn(InternalMemoryApi::class)

package dev.leasehold.memory.internal.spi

import dev.leasehold.memory.MemoryExhaustedException
import dev.leasehold.memory.RentTimeoutException
import dev.leasehold.memory.internal.block.OwnerMessages
import dev.leasehold.memory.internal.block.Request
import dev.leasehold.memory.internal.cache.Tally
import dev.leasehold.memory.internal.engine.Engine
import dev.leasehold.memory.internal.engine.HeldSource
import dev.leasehold.memory.internal.engine.PageSource
import dev.leasehold.memory.internal.engine.Taken
import dev.leasehold.memory.internal.engine.WaitLine
import dev.leasehold.memory.internal.engine.Waiter
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.bytes

/**
 * The engine [real], every request of which may meet one of [faults] first. It shows no caches, so no request goes past
 * it; memory comes from the real one and goes back to that.
 */
internal class FaultyEngine(private val real: Engine, private val faults: Faults) : Engine(real.state) {
    // Why the last request of each thread got nothing, if the script says so. A wait follows its request on one thread.
    private val refusals = ThreadLocal<ScriptedRefusal?>()

    override val line: WaitLine get() = real.line

    override val anyThread: HeldSource get() = real.anyThread

    override fun take(request: Request): Taken? = unlessRefused { real.take(request) }

    override fun takePages(count: Int): PageSource? = unlessRefused { real.takePages(count) }

    private inline fun <T : Any> unlessRefused(take: () -> T?): T? {
        if (state.closed) return null
        val refusal = faults.refusalOfNext()
        refusals.set(refusal)
        return if (refusal == null) take() else null
    }

    override fun refusalOf(size: Long, nanos: Long): RuntimeException? {
        val refusal = refusals.get() ?: return real.refusalOf(size, nanos)
        val owner = state.owner
        if (nanos == 0L) {
            return MemoryExhaustedException("$owner: ${bytes(size)} requested, and ${refusal.why}", owner.name, size)
        }
        val message = "$owner: no memory for ${bytes(size)} came back within ${OwnerMessages.millis(nanos)}, as " +
            refusal.why
        return RentTimeoutException(message, owner.name, size)
    }

    override fun waiterFor(request: Request, thread: Thread?, wake: () -> Unit): Waiter {
        val waiter = real.waiterFor(request, thread, wake)
        val refusal = refusals.get() ?: return waiter
        return Waiter(thread, { if (refusal.holds) null else waiter.take() }, wake)
    }

    override fun collectForLine(): Unit = real.collectForLine()

    override fun resample(): Unit = real.resample()

    override fun lend(isWanted: Boolean): Unit = real.lend(isWanted)

    override fun firstPageOf(id: Long): Long = real.firstPageOf(id)

    override val mostPages: Long get() = real.mostPages

    override fun tally(): Tally = real.tally()

    override fun trim(): Long = real.trim()

    override val returns: Long get() = real.returns

    override fun close(): Tally = real.close()

    override fun abandon(): Unit = real.abandon()
}

/** The system, which lends no pages while [faults] say so. What it has lent it takes back. */
internal class FaultyPlatform(private val faults: Faults, private val real: Platform = Platform.current) :
    Platform by real {
    override fun map(bytes: Long): Long = if (faults.mayLendPages()) real.map(bytes) else 0

    override fun remap(address: Long, oldBytes: Long, newBytes: Long, mayMove: Boolean): Long {
        if (newBytes > oldBytes && !faults.mayLendPages()) return 0
        return real.remap(address, oldBytes, newBytes, mayMove)
    }

    override fun refusal(bytes: Long): Platform.SystemRefusal? {
        val refusal = faults.refusalOfPages() ?: return real.refusal(bytes)
        return Platform.SystemRefusal(refusal.why, "change the script")
    }
}
