package dev.leasehold.memory.crash

import dev.leasehold.memory.KiB
import dev.leasehold.memory.MiB
import dev.leasehold.memory.internal.mapped.Verification
import dev.leasehold.memory.mapped.MappedDurability
import dev.leasehold.memory.mapped.MappedMemoryManager
import dev.leasehold.memory.mapped.MappedOptions
import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.memory.support.RecordedDisk
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldNotBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThanOrEqual
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID
import kotlin.random.Random

/**
 * The power fails, at any moment, and the disk has any mixture of what was stored since it was last forced. The file is
 * then what it was at the last commit, or, where one was under way, at that or the one before.
 */
class PowerLossSpec : FunSpec({
    test("after a failure of the power the file is as it was at the last commit") {
        val losses = PowerLosses(MappedDurability.COMMIT)
        MappedFiles.withPath { path ->
            var seed = Effort.seed("power loss")
            while (losses.faults.isEmpty() && losses.points < Effort.times(900)) losses.run(path, seed++)
        }
        println("${losses.points} failures of the power, ${losses.commits} commits")
        losses.faults.shouldBeEmpty()
        losses.points shouldBeGreaterThanOrEqual 1_500
    }

    test("without a journal the mixture on the disk is damage, and this finds it") {
        val losses = PowerLosses(MappedDurability.PROCESS)
        MappedFiles.withPath { path ->
            var seed = Effort.seed("power loss without a journal")
            while (losses.faults.isEmpty() && losses.points < Effort.times(900)) losses.run(path, seed++)
        }
        losses.faults.shouldNotBeEmpty()
    }
})

/** Lets the power fail. */
private class PowerLosses(private val kind: MappedDurability) {
    var points = 0
        private set
    var commits = 0
        private set
    val faults = ArrayList<String>()

    private fun MappedOptions.small() {
        size = 64.KiB
        growth = 64.KiB
        maxSize = 4.MiB
        maxSessions = 2
        durability = kind
    }

    /** Runs one script, and lets the power fail again and again on its way, each time in a copy of the file. */
    fun run(path: Path, seed: Long) {
        MappedMemoryManager.delete(path)
        val random = Random(seed)
        val disk = RecordedDisk()
        val manager = disk.open(path, UUID(seed, 1)) { small() }
        val script = PowerLossScript(manager, random)
        commit(manager)
        // What it may be: of the last commit, and of one that is under way.
        var states = listOf(script.state)
        var steps = 0
        disk.onStep = {
            if (steps++ % STRIDE == 0) lose(path, disk, random, states, "seed $seed, step $steps")
        }
        try {
            repeat(OPERATIONS) {
                script.step()
                if (random.nextInt(6) == 0) {
                    states = states + script.state
                    commit(manager)
                    states = listOf(script.state)
                }
                if (faults.isNotEmpty()) return
            }
        } finally {
            disk.onStep = {}
            MappedFiles.kill(manager.session)
        }
    }

    private fun commit(manager: MappedMemoryManager) {
        commits++
        if (kind == MappedDurability.COMMIT) manager.commit() else manager.session.file.force(manager.size)
    }

    private fun lose(path: Path, disk: RecordedDisk, random: Random, states: List<PowerLossScript.State>, at: String) {
        val copy = path.resolveSibling("copy")
        Files.write(copy, disk.afterFirst(random.nextInt(disk.pending + 1)))
        check(copy, states, "$at, the first stores")
        Files.write(copy, disk.anyVersions(random))
        check(copy, states, "$at, any versions")
    }

    private fun check(copy: Path, states: List<PowerLossScript.State>, at: String) {
        points++
        try {
            // Now and then it fails again while the file is put in order.
            if (points % 5 == 0) RecordedDisk.openAndFail(copy, stores = points % 977)
            val manager = RecordedDisk.openAfterRestart(copy)
            try {
                look(manager, states, at)
                MappedFiles.kill(manager.session)
            } finally {
                if (manager.session.isOpen) MappedFiles.kill(manager.session)
            }
        } catch (failure: RuntimeException) {
            // Refused, or damaged so that what is read makes no sense.
            faults.add("$at: $failure")
        }
    }

    private fun look(manager: MappedMemoryManager, states: List<PowerLossScript.State>, at: String) {
        val verification = Verification(manager.session.words, manager.session.layout)
        for (fault in verification.run()) faults.add("$at: ${fault.offset}: ${fault.what}")
        val figures = verification.figures
        val expected = figures.roots + figures.inDictionaries
        if (figures.linked != expected) faults.add("$at: ${figures.linked} blocks are linked, and not $expected")
        val found = PowerLossScript.read(manager)
        if (found !in states) faults.add("$at: found $found and not one of $states")
    }

    private companion object {
        const val OPERATIONS = 60
        const val STRIDE = 23
    }
}
