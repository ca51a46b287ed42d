package dev.leasehold.memory.contract.pool

import dev.leasehold.memory.access
import dev.leasehold.memory.contract.manager.ManagerContract
import dev.leasehold.memory.internal.platform.Platform
import dev.leasehold.memory.support.ManagerFixtures
import dev.leasehold.memory.support.PoolFixtures
import kotlin.system.exitProcess

/** Runs the contracts of pools and managers in a virtual machine that was not given native access. */
internal object PortableContractMain {
    private var failures = 0

    @JvmStatic
    fun main(args: Array<String>) {
        check(!Platform.current.bindsViews) { "native access was given to this run" }
        for (fixture in PoolFixtures.all) {
            for (check in PoolContract.checks) attempt("${fixture.name}: ${check.sentence}") { check.run(fixture) }
        }
        for (fixture in ManagerFixtures.all) {
            for (check in ManagerContract.checks) attempt("${fixture.name}: ${check.sentence}") { check.run(fixture) }
        }
        println(if (failures == 0) "portable contract: all held" else "portable contract: $failures failed")
        exitProcess(if (failures == 0) 0 else 1)
    }

    private fun attempt(what: String, check: () -> Unit) {
        try {
            check()
        } catch (failure: Throwable) {
            failures++
            println("$what: $failure")
            failure.printStackTrace(System.out)
        }
    }
}
