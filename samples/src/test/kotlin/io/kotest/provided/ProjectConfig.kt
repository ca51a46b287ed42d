package io.kotest.provided

import dev.leasehold.memory.testing.KotestLeakExtension
import dev.leasehold.samples.growth.GrowthSpec
import io.kotest.core.config.AbstractProjectConfig
import io.kotest.core.extensions.Extension
import io.kotest.core.extensions.TestCaseExtension
import io.kotest.core.test.TestCase
import io.kotest.engine.test.TestResult

/** Kotest finds it by its name. */
class ProjectConfig : AbstractProjectConfig() {
    override val extensions: List<Extension> = listOf(LeakCheck)
}

/** The check for leaks, but where pages must move: what is watched is copied. */
private object LeakCheck : TestCaseExtension {
    private val check = KotestLeakExtension()

    override suspend fun intercept(testCase: TestCase, execute: suspend (TestCase) -> TestResult): TestResult =
        if (testCase.spec is GrowthSpec) execute(testCase) else check.intercept(testCase, execute)
}
