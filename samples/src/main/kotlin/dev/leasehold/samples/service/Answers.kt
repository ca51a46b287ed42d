package dev.leasehold.samples.service

import java.io.PrintStream

/** Holds a version's answers to another's, and says where they part. */
internal class Answers(private val err: PrintStream) {
    /** Whether [outcome], of the version called [name], is what [each] client and the [total] should be answered. */
    fun agree(workload: Workload, name: String, outcome: Outcome, each: List<String>, total: String): Boolean {
        for ((client, answer) in outcome.answers.withIndex()) {
            if (answer.startsWith(ERROR)) return refused(workload, client, answer)
            if (answer != each[client]) return differ("client $client", each[client], name, answer)
        }
        return outcome.total == total || differ("all streams together", total, name, outcome.total)
    }

    private fun refused(workload: Workload, client: Int, answer: String): Boolean {
        val line = answer.removePrefix(ERROR).substringAfter("line ").substringBefore(':').toLong()
        err.println("The service refused ${workload.place(client, line)}: ${answer.removePrefix(ERROR)}")
        return false
    }

    private fun differ(whose: String, heap: String, name: String, answer: String): Boolean {
        val at = heap.commonPrefixWith(answer).length
        err.println("The answers for $whose differ at character $at:")
        err.println("  %-10s …%s".format("heap", heap.drop(at).take(SHOWN)))
        err.println("  %-10s …%s".format(name, answer.drop(at).take(SHOWN)))
        return false
    }

    private companion object {
        const val ERROR = "ERROR "
        const val SHOWN = 80
    }
}
