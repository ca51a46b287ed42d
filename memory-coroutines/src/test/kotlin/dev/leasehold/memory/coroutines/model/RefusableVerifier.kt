package dev.leasehold.memory.coroutines.model

import org.jetbrains.kotlinx.lincheck.Actor
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario
import org.jetbrains.kotlinx.lincheck.util.LincheckResult
import org.jetbrains.kotlinx.lincheck.util.ValueResult
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier
import org.jetbrains.lincheck.datastructures.verifier.Verifier
import java.util.concurrent.ConcurrentHashMap

/**
 * Linearizability, save that a `tryTake` may refuse at any moment. While a thread serves the line, what others gave
 * back to it is not there for requests that do not wait: only a `tryTake` that took something has to be explained.
 */
class RefusableVerifier(specification: Class<*>) : Verifier {
    private val strict = LinearizabilityVerifier(specification)
    private val refused =
        specification.getMethod("refused", Int::class.javaPrimitiveType, Int::class.javaPrimitiveType)

    // Not the verifier's own cache: that goes by the scenario's identity, of which there would be a fresh one each
    // time.
    private val seen = ConcurrentHashMap.newKeySet<Pair<List<List<Actor>>, ExecutionResult>>()

    override fun verifyResults(scenario: ExecutionScenario, results: ExecutionResult): Boolean {
        val threads = scenario.parallelExecution.zip(results.parallelResultsWithClock) { actors, returned ->
            actors.zip(returned) { actor, outcome -> excused(actor, outcome.result) }
        }
        if ((threads to results) in seen) return true
        val excused = ExecutionScenario(
            scenario.initExecution.zip(results.initResults, ::excused),
            threads,
            scenario.postExecution.zip(results.postResults, ::excused),
            scenario.validationFunction,
        )
        return strict.verifyResultsImpl(excused, results).also { if (it) seen.add(threads to results) }
    }

    private fun excused(actor: Actor, outcome: LincheckResult?): Actor =
        if (actor.method.name == "tryTake" && (outcome as? ValueResult)?.value == false) {
            Actor(refused, actor.arguments)
        } else {
            actor
        }
}
