package dev.leasehold.samples.growth

import dev.leasehold.memory.MemoryBudget
import dev.leasehold.memory.SystemMemoryManager
import java.io.PrintStream

/** The main job: one buffer grown in both ways, compared. */
internal class Comparison(
    private val wanted: Long,
    private val limit: Long?,
    private val machine: Machine,
    private val out: PrintStream,
    private val err: PrintStream,
) {
    /** Runs it, and returns whether both ways reached the top with all of the content. */
    fun run(): Boolean {
        val top = Room.largestTop(wanted, machine.free())
        if (top < wanted) out.println(Room.lowered(wanted, top, checkNotNull(machine.free())))
        val sizes = Room.sizes(top)
        MemoryBudget("growth", limit = limit ?: Room.needed(sizes)).use { budget ->
            warmUp(budget)
            out.println(Report.head(sizes, machine.resident()))
            // Both stay open to the end, so that the tree shows both.
            manager(Way.RESIZE.title, budget).use { resizing ->
                manager(Way.COPY.title, budget).use { copying ->
                    val resized = travel(resizing, sizes, Way.RESIZE)
                    return conclude(resized, travel(copying, sizes, Way.COPY))
                }
            }
        }
    }

    // Without idle memory, so that the figures are those of the buffers alone.
    private fun manager(name: String, budget: MemoryBudget) = SystemMemoryManager(name) {
        this.budget = budget
        idleBound = 0
    }

    private fun travel(manager: SystemMemoryManager, sizes: List<Long>, way: Way): Journey {
        val progress = Progress(out, Progress.onTerminal())
        val traveller = Traveller(manager, sizes, machine) { _, step ->
            progress.reached(Report.live(way, step), sizes.firstOrNull { it > step.size })
        }
        return traveller.travel(way).also { progress.ended() }
    }

    // The first growths of a JVM load classes, and would be measured with that.
    private fun warmUp(budget: MemoryBudget) {
        manager("warm-up", budget).use { manager ->
            for (round in 1..WARM_UPS) {
                for (way in Way.entries) {
                    val journey = Traveller(manager, Room.sizes(WARM_UP_TOP), machine) { _, _ -> }.travel(way)
                    if (journey.refusal != null) return
                }
            }
        }
    }

    private fun conclude(resized: Journey, copied: Journey): Boolean {
        if (resized.steps.isNotEmpty()) {
            out.println("\n${Report.table(resized, copied)}\n\n${Picture.draw(resized, copied)}")
        }
        out.println(Report.tree(copied))
        val good = listOf(resized, copied).map(::isGood).all { it }
        out.println(Report.summary(resized, copied))
        return good
    }

    private fun isGood(journey: Journey): Boolean {
        val title = journey.way.title
        if (journey.refusal != null) err.println("$title was refused: ${journey.refusal.message}")
        if (journey.damage >= 0) err.println("$title lost the content of the page at offset ${journey.damage}")
        return journey.refusal == null && journey.damage < 0
    }

    private companion object {
        const val WARM_UPS = 20
        val WARM_UP_TOP = 4 * Sizes.MEBIBYTE
    }
}
