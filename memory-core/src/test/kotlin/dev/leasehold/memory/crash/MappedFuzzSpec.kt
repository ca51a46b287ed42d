package dev.leasehold.memory.crash

import dev.leasehold.memory.support.MappedFiles
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.ints.shouldBeGreaterThan
import kotlin.random.Random

/**
 * Files of which some words are others than they were: whatever they say, each operation works, or throws one of this
 * library's exceptions; it does not hang, and nothing else is thrown.
 */
class MappedFuzzSpec : FunSpec({
    test("a file may be damaged in any of its words") {
        MappedFiles().use { folder ->
            val originals = listOf(FuzzedFile.closed(folder.path("closed")), FuzzedFile.killed(folder.path("killed")))
            val first = Effort.seed("damaged files")
            Fuzzing(folder.path("damaged")).use { fuzzing ->
                repeat(Effort.times(INPUTS)) { input ->
                    val random = Random(first + input)
                    if (fuzzing.faults.size < MOST_FAULTS) fuzzing.run(originals.random(random), random, first + input)
                }
                println("${fuzzing.refused} of ${Effort.times(INPUTS)} damaged files were refused somewhere")
                fuzzing.faults.values.shouldBeEmpty()
                fuzzing.refused shouldBeGreaterThan Effort.times(INPUTS) / 10
            }
        }
    }
})

private const val INPUTS = 1_200
private const val MOST_FAULTS = 12
