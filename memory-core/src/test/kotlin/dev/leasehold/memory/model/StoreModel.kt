package dev.leasehold.memory.model

import dev.leasehold.memory.internal.block.SizeClasses
import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.store.SlabStore
import dev.leasehold.memory.support.SimulatedPlatform
import java.util.TreeMap
import kotlin.random.Random

/** Drives a [SlabStore] at random over every kind of block, and knows what must be true of it after every step. */
internal class StoreModel(
    private val platform: SimulatedPlatform,
    private val limit: Long,
    private val random: Random,
    private val idleBound: Long = 256 * 1024,
) {
    private class Held(val address: Long, val bytes: Long, val giveBack: () -> Unit)

    val leaf = BudgetLeaf("store", limit, null)
    val store = SlabStore(platform, leaf) { idleBound }
    private val page = platform.pageSize
    private val held = ArrayList<Held>()
    private val byAddress = TreeMap<Long, Held>()
    private var heldBytes = 0L

    fun step() {
        when (random.nextInt(20)) {
            in 0..8 -> takeClass()
            9 -> takeLarge()
            10 -> takePages()
            11 -> resizeSpan()
            12 -> if (random.nextInt(10) == 0) trim()
            else -> if (held.isNotEmpty()) giveBack(held[random.nextInt(held.size)])
        }
    }

    private fun takeClass() {
        val index = random.nextInt(SizeClasses.COUNT)
        val size = SizeClasses.sizeOf(index)
        val address = store.take(index)
        if (address == 0L) return
        hold(Held(address, size) { store.giveBack(address) }, size)
    }

    private fun takeLarge() {
        val region = store.takeLarge(1 + SizeClasses.LARGEST + random.nextLong(1L shl 21)) ?: return
        if (!random.nextBoolean()) {
            hold(Held(region.address, region.bytes) { store.giveBackLarge(region) }, region.bytes)
            return
        }
        val wanted = 1 + SizeClasses.LARGEST + random.nextLong(1L shl 22)
        val grown = store.resizeLarge(region, wanted, mayMove = random.nextBoolean())
        if (grown != null) check(grown.bytes >= wanted) { "$wanted bytes requested, ${grown.bytes} got" }
        val now = grown ?: region
        hold(Held(now.address, now.bytes) { store.giveBackLarge(now) }, now.bytes)
    }

    private fun takePages() {
        val count = 1 + random.nextInt(40)
        val address = store.takePages(count)
        if (address == 0L) return
        check(store.addressOfPage(store.pageIdOf(address + page * count - 1)) == address + page * (count - 1))
        hold(Held(address, count * page) { store.giveBackPages(address, count) }, count * page)
    }

    private fun resizeSpan() {
        val spans = (0 until SizeClasses.COUNT).filter(store::isSpan)
        val from = spans[random.nextInt(spans.size)]
        val to = spans[random.nextInt(spans.size)]
        val address = store.take(from)
        if (address == 0L) return
        var now = from
        val before = leaf.reserved
        if (to > from) {
            if (store.tryExtend(address, from, to)) {
                now = to
            } else {
                check(leaf.reserved <= before) { "a refused extension kept ${leaf.reserved - before} bytes" }
            }
        } else if (to < from) {
            store.shrink(address, from, to)
            now = to
        }
        hold(Held(address, SizeClasses.sizeOf(now)) { store.giveBack(address) }, SizeClasses.sizeOf(now))
    }

    private fun hold(block: Held, bytes: Long) {
        val before = byAddress.lowerEntry(block.address + bytes)?.value
        check(before == null || before.address + before.bytes <= block.address) {
            "${block.bytes} bytes at ${block.address} overlap ${before?.bytes} at ${before?.address}"
        }
        platform.touch(block.address, bytes)
        byAddress[block.address] = block
        held += block
        heldBytes += bytes
    }

    private fun giveBack(block: Held) {
        held[held.indexOf(block)] = held.last()
        held.removeLast()
        byAddress.remove(block.address)
        heldBytes -= block.bytes
        block.giveBack()
    }

    private fun trim() {
        val before = leaf.reserved
        check(store.trim() == before - leaf.reserved) { "the trim did not count right" }
        if (platform.discards && platform.calls == platform.granted) checkPages(0)
    }

    /** Totals are exact, and the limit holds. */
    fun check() {
        check(store.outBytes == heldBytes) { "out ${store.outBytes}, held $heldBytes" }
        check(leaf.reserved <= limit) { "${leaf.reserved} bytes reserved" }
        check(platform.residentBytes <= leaf.reserved) {
            "the system has lent ${platform.residentBytes} bytes, ${leaf.reserved} are paid for"
        }
        check(leaf.reserved >= heldBytes) { "${leaf.reserved} bytes reserved, $heldBytes held" }
    }

    /** No more than [idle] bytes beyond the pages that a block touches are reserved. */
    fun checkPages(idle: Long) {
        val pages = held.flatMapTo(HashSet()) { it.address / page..(it.address + it.bytes - 1) / page }
        check(leaf.reserved <= pages.size * page + idle) { "${leaf.reserved} bytes for ${pages.size} pages" }
    }

    fun end() {
        held.toList().forEach(::giveBack)
        store.trim()
        check(leaf.reserved == 0L && platform.mappedBytes == 0L && store.outBytes == 0L) {
            "${leaf.reserved} bytes paid for, ${platform.mappedBytes} mapped, ${store.outBytes} out"
        }
    }
}
