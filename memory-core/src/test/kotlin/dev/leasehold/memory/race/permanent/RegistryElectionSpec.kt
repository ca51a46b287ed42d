package dev.leasehold.memory.race.permanent

import dev.leasehold.memory.internal.mapped.FileWords
import dev.leasehold.memory.internal.permanent.RegistryLayout
import dev.leasehold.memory.internal.permanent.RegistryMaking
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.internal.platform.SystemSpace
import dev.leasehold.memory.support.SimulatedSpace
import dev.leasehold.memory.support.TurnWords
import dev.leasehold.memory.support.Turns
import dev.leasehold.memory.support.together
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import java.lang.foreign.Arena
import java.lang.foreign.MemorySegment
import java.util.concurrent.ConcurrentHashMap
import kotlin.random.Random

/** Parts of a process that make its registry at the same moment, in thousands of orders of their steps. */
class RegistryElectionSpec : FunSpec() {
    private val arena = Arena.ofShared()
    private val memory = arena.allocate(1L shl 20, 1L shl 16)

    private class Result(val addresses: Set<Long>, val chosen: Int, val open: Int, val steps: Int)

    private fun race(
        seed: Long,
        parties: Int,
        making: (SystemSpace, (MemorySegment) -> FileWords) -> RegistryMaking,
    ): Result {
        memory.fill(0)
        val random = Random(seed)
        val turns = Turns(random)
        val space = SimulatedSpace(memory, random.nextInt(2), turns::step)
        val found = ConcurrentHashMap.newKeySet<Long>()
        repeat(parties) {
            turns.add {
                val registry = making(space) { TurnWords(it, turns) }.findOrMake().shouldNotBeNull()
                found += registry.first.get(RegistryLayout.PART_ADDRESS)
            }
        }
        turns.run()
        val all = RegistryMaking(space).candidates(space.regions())
        val chosen = all.count { it.get(RegistryLayout.DECISION) == RegistryLayout.Decision.CHOSEN }
        return Result(found, chosen, space.open, turns.steps)
    }

    init {
        afterSpec { arena.close() }

        test("parts that make a registry at the same moment end with one, in any order of their steps") {
            val seed = Effort.seed("election")
            var steps = 0
            repeat(Effort.times(1_500)) { round ->
                val result =
                    race(seed + round, parties = 2 + round % 3) { space, words -> RegistryMaking(space, 1, words) }
                result.addresses shouldHaveSize 1
                result.chosen shouldBe 1
                // Those who lost have closed theirs.
                result.open shouldBe 1
                steps += result.steps
            }
            steps shouldBeGreaterThan 50_000
        }

        test("one that chooses without rejecting the others ends with two, and this finds it") {
            endsWithTwo(::Hasty) shouldBe true
        }

        test("one that does not look again ends with two, and this finds it") {
            endsWithTwo(::Shortsighted) shouldBe true
        }

        test("threads that make a real registry at the same moment end with one") {
            val faults = List(Effort.times(40)) { round ->
                val version = 1_000_000L + round
                val found = ConcurrentHashMap.newKeySet<Long>()
                together(4) {
                    val registry = RegistryMaking(Platform.current.space, version).findOrMake().shouldNotBeNull()
                    found += registry.first.get(RegistryLayout.PART_ADDRESS)
                }
                found.size
            }.filter { it != 1 }
            faults.shouldBeEmpty()
        }
    }

    /** Whether parties of the broken [making] end with more than one registry, in one of many orders. */
    private fun endsWithTwo(making: (SystemSpace, (MemorySegment) -> FileWords) -> RegistryMaking): Boolean {
        val seed = Effort.seed("broken election")
        return (0 until 5_000).any { race(seed + it, parties = 3, making).addresses.size > 1 }
    }
}

/** Chooses what it has seen first. */
private class Hasty(space: SystemSpace, words: (MemorySegment) -> FileWords) : RegistryMaking(space, 1, words) {
    override fun elect(lowest: FileWords, seen: List<FileWords>): Boolean =
        lowest.compareAndSet(RegistryLayout.DECISION, RegistryLayout.Decision.OPEN, RegistryLayout.Decision.CHOSEN)
}

/** Takes the first look for the second. */
private class Shortsighted(space: SystemSpace, words: (MemorySegment) -> FileWords) : RegistryMaking(space, 1, words) {
    override fun mayElect(address: Long, known: Long): Boolean = true
}
