package dev.leasehold.memory.testing

import dev.leasehold.memory.testing.internal.LeakCheck
import org.junit.jupiter.api.extension.AfterEachCallback
import org.junit.jupiter.api.extension.BeforeEachCallback
import org.junit.jupiter.api.extension.ExtensionContext

/**
 * Lets a JUnit test fail that leaves a lease or a block open, and says which: [checkNothingLeaked] around each test of a
 * class with `@ExtendWith(JUnitLeakExtension.class)`, its `@BeforeEach` and `@AfterEach` methods included.
 *
 * What a test leaks that fails by itself is added to its failure as suppressed. What lives longer than one test, in
 * static fields and `@BeforeAll` methods or the fields of the test's object, is not looked at.
 *
 * **Threads.** As [checkNothingLeaked]: the check is for the process. A test whose check would overlap another's fails
 * without being run: let tests run one after the other, as they do by default, or give their classes `@Isolated`.
 *
 * @param except names of pools and managers that are not looked at, such as a cache that outlives the tests; for
 *   `@RegisterExtension`
 */
public class JUnitLeakExtension(private vararg val except: String) :
    BeforeEachCallback,
    AfterEachCallback {
    /** Looks at all pools and managers: for `@ExtendWith`. */
    public constructor() : this(*emptyArray<String>())

    /** Begins to look. For JUnit. */
    override fun beforeEach(context: ExtensionContext) {
        val test = "test '${context.requiredTestClass.simpleName}.${context.displayName}'"
        // In no other: a thread that waits for one test may be lent to another.
        val check = LeakCheck.begin(test, except.toSet(), outer = null)
        LeakCheck.enclosing.set(check)
        context.getStore(KEEPER).put(this, check)
    }

    /** Looks what the test left open. For JUnit. */
    override fun afterEach(context: ExtensionContext) {
        // It is not there where the check could not begin.
        val check = context.getStore(KEEPER).remove(this, LeakCheck::class.java) ?: return
        LeakCheck.enclosing.remove()
        val leak = check.end() ?: return
        context.executionException.ifPresentOrElse({ it.addSuppressed(leak) }, { throw leak })
    }

    private companion object {
        val KEEPER: ExtensionContext.Namespace = ExtensionContext.Namespace.create(JUnitLeakExtension::class.java)
    }
}
