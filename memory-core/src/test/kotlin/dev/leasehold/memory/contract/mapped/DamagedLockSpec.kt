package dev.leasehold.memory.contract.mapped

import dev.leasehold.memory.MappedFileException
import dev.leasehold.memory.mapped.MappedLock
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedRing
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import kotlin.random.Random
import kotlin.time.Duration.Companion.microseconds

/** Locks and rings of which some words are others than they were: each operation works, or throws what it may. */
class DamagedLockSpec : FunSpec({
    test("a lock or a ring may be damaged in any of its words") {
        MappedFiles.withPath { path ->
            MappedFiles.open(path).use { manager ->
                MappedFiles.open(path).use { other ->
                    val damage = Damage(manager, other, Random(Effort.seed("damaged locks")))
                    repeat(Effort.times(3_000)) { damage.run() }
                    damage.faults.shouldBeEmpty()
                    damage.refused shouldBeGreaterThan 100
                }
            }
        }
    }
})

private class Damage(manager: MappedMemoryManager, other: MappedMemoryManager, private val random: Random) {
    private val words = manager.session.words
    private val locks = listOf(manager, other).map { MappedLock.open(it, "lock") }
    private val rings = listOf(manager, other).map { MappedRing.open(it, "ring", 256) }
    private val offsets = listOf("lock" to 448L, "ring" to 576L).flatMap { (name, bytes) ->
        val at = checkNotNull(manager.placeOf(manager.roots[name])).offset
        (at until at + bytes step Long.SIZE_BYTES.toLong()).toList()
    }
    val faults = ArrayList<String>()
    var refused = 0
        private set

    fun run() {
        val before = offsets.map(words::get)
        val damaged = List(random.nextInt(1, 4)) { offsets.random(random) to value() }
        for ((offset, word) in damaged) words.set(offset, word)
        repeat(6) { step(damaged) }
        for ((index, word) in before.withIndex()) words.set(offsets[index], word)
    }

    private fun value(): Long = when (random.nextInt(4)) {
        0 -> random.nextLong()
        1 -> 1L shl random.nextInt(Long.SIZE_BITS)
        2 -> words.get(offsets.random(random))
        else -> random.nextLong(-1, 300)
    }

    private fun step(damaged: List<Pair<Long, Long>>) {
        val lock = locks.random(random)
        val ring = rings.random(random)
        val failure = runCatching {
            when (random.nextInt(5)) {
                0 -> if (lock.tryLock(100.microseconds)) lock.unlock()
                1 -> if (lock.tryLockShared(100.microseconds)) lock.unlockShared()
                2 -> ring.tryWrite(random.nextLong(8, 113)) { it.setLong(0, 1) }
                3 -> ring.tryRead { it.size }
                else -> ring.drain(20) {}
            }
        }.exceptionOrNull() ?: return
        refused++
        if (failure !is MappedFileException) faults.add("$damaged: $failure at ${failure.stackTrace.take(5)}")
    }
}
