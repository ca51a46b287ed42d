package dev.leasehold.memory.testing

import dev.leasehold.memory.testing.internal.LeakCheck
import io.kotest.core.extensions.TestCaseExtension
import io.kotest.core.test.TestCase
import io.kotest.engine.test.TestResult
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.withContext
import kotlin.time.Duration

/**
 * Lets a Kotest test fail that leaves a lease or a block open, and says which: [checkNothingLeaked] around each test of
 * a spec or, among the `extensions` of the project's configuration, of all.
 *
 * ```kotlin
 * class OrdersSpec : FunSpec() {
 *     init {
 *         extension(KotestLeakExtension())
 *         …
 * ```
 *
 * A container is checked, too, without what its tests were blamed for. What a test leaks that fails by itself is added
 * to its failure as suppressed. What a spec takes outside of its tests is not looked at.
 *
 * **Threads.** As [checkNothingLeaked]: the check is for the process. A test whose check would overlap another's fails
 * without being run: let specs run one after the other, as they do by default, or give them `@Isolate`.
 *
 * @param except names of pools and managers that are not looked at, such as a cache that outlives the tests
 */
public class KotestLeakExtension(private vararg val except: String) : TestCaseExtension {
    /** Looks at all pools and managers. */
    public constructor() : this(*emptyArray<String>())

    /** Runs a test, and looks what it left open. For Kotest. */
    override suspend fun intercept(testCase: TestCase, execute: suspend (TestCase) -> TestResult): TestResult {
        val check = try {
            LeakCheck.begin("test '${testCase.path}'", except.toSet())
        } catch (overlap: IllegalStateException) {
            return TestResult.Error(Duration.ZERO, overlap)
        }
        val result = try {
            withContext(LeakCheck.enclosing.asContextElement(check)) { execute(testCase) }
        } catch (failure: Throwable) {
            check.end()?.let(failure::addSuppressed)
            throw failure
        }
        val leak = check.end() ?: return result
        val failure = result.errorOrNull ?: return TestResult.Failure(result.duration, leak)
        failure.addSuppressed(leak)
        return result
    }

    private val TestCase.path: String
        get() = generateSequence(this) { it.parent }.toList().asReversed().joinToString(" -- ") { it.name.name }
}
