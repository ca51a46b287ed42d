package dev.leasehold.memory

import dev.leasehold.memory.internal.platform.Platform
import kotlin.system.exitProcess

/** Runs the contract in a virtual machine that was not given native access. */
internal object PortableContractMain {
    @JvmStatic
    fun main(args: Array<String>) {
        check(!Platform.current.bindsViews) { "native access was given to this run" }
        var failures = 0
        for (fixture in PoolFixtures.all) {
            for (check in PoolContract.checks) {
                try {
                    check.run(fixture)
                } catch (failure: Throwable) {
                    failures++
                    println("${fixture.name}: ${check.sentence}: $failure")
                    failure.printStackTrace(System.out)
                }
            }
        }
        println(if (failures == 0) "portable contract: all held" else "portable contract: $failures failed")
        exitProcess(if (failures == 0) 0 else 1)
    }
}
