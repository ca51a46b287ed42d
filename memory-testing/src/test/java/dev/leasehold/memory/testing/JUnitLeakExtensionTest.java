package dev.leasehold.memory.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.leasehold.memory.Lease;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs tests by an engine of their own, most of which must fail. */
class JUnitLeakExtensionTest {
    private static final String ORDER = "  a lease of 100 bytes from pool 'orders', rented at "
            + "dev.leasehold.memory.testing.Leaks.lease(Leaks.kt:LINE) by THREAD, AGE ago";

    /** How the tests of a class ended, by the names of their methods. */
    private static Map<String, Optional<Throwable>> run(Class<?> tests, boolean inParallel) {
        var ends = new ConcurrentHashMap<String, Optional<Throwable>>();
        var request = LauncherDiscoveryRequestBuilder.request().selectors(selectClass(tests))
                .filters(EngineFilter.includeEngines("junit-jupiter"))
                .configurationParameter("junit.jupiter.execution.parallel.enabled", String.valueOf(inParallel))
                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                .configurationParameter("junit.jupiter.execution.parallel.config.fixed.parallelism", "2")
                .build();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                    ends.put(test.getDisplayName(), result.getThrowable());
                }
            }
        });
        Leaks.INSTANCE.tidy();
        return ends;
    }

    private static List<String> heads(Throwable failure) {
        return Leaks.INSTANCE.heads(failure.getMessage());
    }

    private static String blamed(String test, String what) {
        return "test '" + test + "' left " + what + " open; close each where it is no longer used, with use { } or try "
                + "and finally:";
    }

    @Test
    void aTestThatLeaksFailsAndOthersPass() {
        var ends = run(LeakingOrders.class, false);
        assertEquals(5, ends.size());
        assertFalse(ends.get("reads()").isPresent());
        assertEquals(List.of(blamed("LeakingOrders.forgets()", "1 lease of 100 bytes"), ORDER),
                heads(ends.get("forgets()").get()));
        assertTrue(ends.get("forgets()").get() instanceof AssertionError);
    }

    @Test
    void aTestThatFailsByItselfKeepsItsFailure() {
        var ends = run(LeakingOrders.class, false);
        var fails = ends.get("fails()").get();
        assertEquals("wrong", fails.getMessage());
        assertEquals(0, fails.getSuppressed().length);
        var both = ends.get("failsAndForgets()").get();
        assertEquals("wrong", both.getMessage());
        assertEquals(List.of(blamed("LeakingOrders.failsAndForgets()", "1 lease of 100 bytes"), ORDER),
                heads(both.getSuppressed()[0]));
    }

    @Test
    void aTestMayCheckInside() {
        assertFalse(run(LeakingOrders.class, false).get("checksInside()").isPresent());
    }

    @Test
    void whatIsMadeBeforeEachIsCheckedAfterEach() {
        var ends = run(PreparedOrders.class, false);
        assertFalse(ends.get("isClosedAfterEach()").isPresent());
        assertEquals(List.of(blamed("PreparedOrders.forgets()", "1 lease of 100 bytes"), ORDER),
                heads(ends.get("forgets()").get()));
    }

    @Test
    void namedManagersAreNotLookedAt() {
        assertEquals(List.of(blamed("ExceptCache.forgetsBoth()", "1 lease of 100 bytes"), ORDER),
                heads(run(ExceptCache.class, false).get("forgetsBoth()").get()));
    }

    @Test
    void ofTestsInParallelOneIsCheckedAndTheOtherRefusedBeforeItRuns() {
        ParallelOrders.bothRun = new CountDownLatch(2);
        var ends = run(ParallelOrders.class, true);
        var refusals = ends.values().stream().flatMap(Optional::stream).toList();
        assertEquals(1, refusals.size());
        assertEquals("the leak check of test 'ParallelOrders.one()' cannot begin inside of that of test "
                + "'ParallelOrders.one()', which is running: what they count is open in the whole process, so tests "
                + "with a check run one after the other; give their classes @Isolate (Kotest) or @Isolated (JUnit), "
                + "or check around all of them", refusals.get(0).getMessage().replaceAll("first|second", "one"));
        assertEquals(1, ParallelOrders.bothRun.getCount());
    }

    @ExtendWith(JUnitLeakExtension.class)
    static class LeakingOrders {
        @Test
        void reads() {
            Leaks.INSTANCE.lease(100).close();
        }

        @Test
        void forgets() {
            Leaks.INSTANCE.lease(100);
        }

        @Test
        void fails() {
            throw new AssertionError("wrong");
        }

        @Test
        void failsAndForgets() {
            Leaks.INSTANCE.lease(100);
            throw new IllegalArgumentException("wrong");
        }

        @Test
        void checksInside() {
            LeakChecks.checkNothingLeaked(() -> Leaks.INSTANCE.lease(100).close());
        }
    }

    @ExtendWith(JUnitLeakExtension.class)
    static class PreparedOrders {
        private Lease lease;
        private boolean isForgotten;

        @BeforeEach
        void rent() {
            assertNull(lease);
            lease = Leaks.INSTANCE.lease(100);
        }

        @AfterEach
        void close() {
            if (!isForgotten) {
                lease.close();
            }
        }

        @Test
        void isClosedAfterEach() {
            assertEquals(100, lease.asMemorySegment().byteSize());
        }

        @Test
        void forgets() {
            isForgotten = true;
        }
    }

    static class ExceptCache {
        @RegisterExtension
        static final JUnitLeakExtension LEAKS = new JUnitLeakExtension("cache");

        @Test
        void forgetsBoth() {
            Leaks.INSTANCE.lease(100);
            Leaks.INSTANCE.block(300);
        }
    }

    @ExtendWith(JUnitLeakExtension.class)
    @Execution(ExecutionMode.CONCURRENT)
    static class ParallelOrders {
        static CountDownLatch bothRun;

        @Test
        void first() throws InterruptedException {
            meet();
        }

        @Test
        void second() throws InterruptedException {
            meet();
        }

        private static void meet() throws InterruptedException {
            bothRun.countDown();
            assertFalse(bothRun.await(3, TimeUnit.SECONDS));
        }
    }
}
