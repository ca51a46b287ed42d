package dev.leasehold.memory.internal.engine

import dev.leasehold.memory.internal.block.Arenas
import dev.leasehold.memory.internal.block.Magazine
import dev.leasehold.memory.internal.block.PackedBlock
import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.cache.Stripes
import dev.leasehold.memory.internal.cache.ThreadCache
import dev.leasehold.memory.internal.cache.ThreadTable
import dev.leasehold.memory.internal.epoch.Epoch
import dev.leasehold.memory.internal.epoch.EpochLedger
import dev.leasehold.memory.internal.epoch.EpochShare
import dev.leasehold.memory.internal.epoch.OwnArena
import dev.leasehold.memory.internal.epoch.Ticket
import dev.leasehold.memory.internal.platform.Platform

/**
 * Places an engine's shared leases in epochs, and takes their blocks when they end: tickets go out to the threads, and notes of
 * closed blocks come in. Any thread.
 *
 * Each thread has its [share][ThreadCache.share] of both in its cache; virtual threads have those of the stripes.
 */
internal class EpochDesk(
    private val engine: SlabEngine,
    private val platform: Platform,
    private val arenas: Arenas,
    // Not reached through the engine: every close of a shared lease looks its thread up.
    private val table: ThreadTable,
    private val stripes: Stripes,
    quarantineBytes: Long,
    quarantineBlocks: Int,
) : EpochLedger.Keeper {
    private val hygiene = engine.hygiene
    private val counts = engine.counts

    // Bytes are cleaned when a lease closes, and a racing close must not clean what is somebody else's by then.
    private val ledger = EpochLedger(
        engine.owner,
        engine.poolName,
        platform,
        quarantineBytes,
        quarantineBlocks,
        exact = hygiene.onClose,
        this,
        arenas,
    )

    private fun currentCache(): ThreadCache? {
        val thread = Thread.currentThread()
        return table.firstLook(thread.threadId()) ?: engine.cacheOf(thread)
    }

    // ---- places and tickets ----

    /** Finds a tenure for a shared lease of [taken]: a place in an epoch, or an arena of its own. */
    fun place(cache: ThreadCache?, taken: Taken): Placed {
        val bytes = if (taken.code == SlabEngine.LARGE) Long.MAX_VALUE else SizeClasses.sizeOf(taken.code)
        if (engine.pressure.isOn || taken.home.wantsOwnArena || !ledger.accepts(bytes)) {
            ledger.relax(bytes)
            val own = OwnArena(platform, taken.home, arenas)
            return Placed(taken.address, taken.code, own, own.arena)
        }
        val ticket = ticketFor(cache, bytes)
        return Placed(taken.address, PackedBlock.word(taken.code, ticket.number), ticket.epoch, ticket.epoch.arena)
    }

    private fun ticketFor(cache: ThreadCache?, bytes: Long): Ticket {
        if (cache != null) return ticketFrom(cache, bytes)
        return stripes.withCache { ticketFrom(it, bytes) } ?: ledger.grant(1, bytes)
    }

    private fun ticketFrom(cache: ThreadCache, bytes: Long): Ticket {
        val share = cache.share
        var had = false
        cache.whileMine { had = share.takeTicket(bytes) }
        if (had) return Ticket(checkNotNull(share.tickets), share.lastTicket)
        val batch = ledger.batchOf(bytes)
        val first = ledger.grant(batch, batch * bytes)
        val previous = share.tickets
        var unused = 0
        val put = cache.whileMine {
            unused = share.dropTickets()
            share.putTickets(first, batch - 1, (batch - 1) * bytes)
        }
        previous?.giveUp(unused)
        if (!put) first.epoch.giveUp(batch - 1)
        return first
    }

    // ---- notes ----

    override fun note(epoch: Epoch, packed: Long, size: Long) {
        if (hygiene.onClose) hygiene.ended(PackedBlock.address(packed), size)
        val cache = currentCache()
        if (cache != null) return noteIn(cache, epoch, packed)
        if (stripes.withCache { noteIn(it, epoch, packed) } != null) return
        val bytes = SizeClasses.sizeOf(PackedBlock.code(packed))
        counts.count(-1, -bytes)
        depositOne(epoch, packed, bytes)
    }

    private fun noteIn(cache: ThreadCache, epoch: Epoch, packed: Long) {
        if (cache.quarantine(epoch, packed)) return
        val fresh = ledger.emptyNote()
        var full = fresh
        var of: Epoch? = null
        val mine = cache.whileMine {
            of = cache.share.noted
            full = cache.share.turn(epoch, fresh)
            check(cache.share.quarantine(epoch, packed))
        }
        if (mine) return report(of, full)
        ledger.spare(fresh)
        depositOne(epoch, packed, SizeClasses.sizeOf(PackedBlock.code(packed)))
    }

    private fun report(epoch: Epoch?, note: Magazine) {
        if (epoch != null &&
            note.count > 0
        ) {
            epoch.deposit(note)
        } else if (note !== EpochShare.NOTHING) {
            ledger.spare(note)
        }
    }

    override fun reportedTwice(packed: Long) = counts.takeBackQuarantined(SizeClasses.sizeOf(PackedBlock.code(packed)))

    override fun noteClaimed(epoch: Epoch, packed: Long) {
        val bytes = SizeClasses.sizeOf(PackedBlock.code(packed))
        counts.count(-1, -bytes)
        counts.countQuarantined(bytes)
        epoch.depositClaimed(Magazine(1).apply { push(packed) })
        if (!engine.mayTake) ledger.retireNow()
    }

    private fun depositOne(epoch: Epoch, packed: Long, bytes: Long) {
        counts.countQuarantined(bytes)
        epoch.deposit(Magazine(1).apply { push(packed) })
        // A ticket may have been drawn just when the pool ran short or closed, from an epoch that nobody would seal.
        if (!engine.mayTake) ledger.retireNow()
    }

    override fun settle() = engine.registry.revoke(hold = false) { settle(it.share) }

    /** Reports what [share] holds: its tickets, which nobody used, and its note. */
    fun settle(share: EpochShare) {
        share.tickets?.giveUp(share.dropTickets())
        val of = share.noted
        report(of, share.turn(null, EpochShare.NOTHING))
    }

    // ---- out of quarantine ----

    /** Lets all epochs retire whose leases are closed. On the caller's thread. */
    fun retireNow(): Unit = ledger.retireNow()

    /** Takes back a note that is no longer needed. */
    fun spare(note: Magazine): Unit = ledger.spare(note)

    override fun recycle(note: Magazine) = engine.magazines.retired.add(note)

    override fun recycled() {
        if (engine.mustReturn || engine.line.length > 0) engine.magazines.retired.sortAll()
    }
}
