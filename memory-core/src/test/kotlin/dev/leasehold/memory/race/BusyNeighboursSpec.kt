package dev.leasehold.memory.race

import dev.leasehold.memory.contract.pool.limitLoops
import dev.leasehold.testing.BusyNeighbours
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeGreaterThan
import io.kotest.matchers.shouldBe

/**
 * The suites of accounting, isolation and limits, while another process has twice as many busy threads as there are
 * processors: so every thread here, whether it holds a lock, a busy region or a magazine, is now and then stopped for a
 * turn of the system.
 */
class BusyNeighboursSpec : FunSpec() {
    private lateinit var neighbours: BusyNeighbours
    private var before = 0L

    init {
        beforeSpec {
            neighbours = BusyNeighbours.start()
            before = neighbours.burnt
        }

        include("beside busy neighbours: ", accountingOfPools(::fewer))
        include("beside busy neighbours: ", accountingOfManagers(::fewer))
        include("beside busy neighbours: ", isolationOfBlocks(::fewer))
        include("beside busy neighbours: ", limitsOfBudgets(::fewer))
        include("beside busy neighbours: ", limitLoops(::fewer))

        test("the neighbours were busy all the time") {
            neighbours.isThere shouldBe true
            neighbours.burnt - before shouldBeGreaterThan 1_000_000_000
        }

        afterSpec { neighbours.close() }
    }

    // What is looked for is another order of steps, not many of them.
    private fun fewer(usually: Int): Int = Effort.times(usually) / 6
}
