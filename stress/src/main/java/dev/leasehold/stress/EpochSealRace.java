package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.block.Arenas;
import dev.leasehold.memory.internal.block.Owner;
import dev.leasehold.memory.internal.block.OwnerKind;
import dev.leasehold.memory.internal.epoch.Epoch;
import dev.leasehold.memory.internal.epoch.EpochLedger;
import dev.leasehold.memory.internal.epoch.EpochView;
import dev.leasehold.memory.internal.platform.Platform;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import kotlin.Unit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The last block with a kept view is closed while its epoch is sealed: either side may find the epoch complete, and exactly one must.
 * The results: how often it retired, and how many blocks came out of quarantine.
 */
public final class EpochSealRace {
    private static final long BLOCK = 64;

    private EpochSealRace() {
    }

    /** What retires an epoch that is complete: counts, and takes its blocks out. */
    private static final class Retirement {
        final AtomicInteger completions = new AtomicInteger();
        final AtomicInteger blocks = new AtomicInteger();

        Unit of(Epoch epoch) {
            completions.incrementAndGet();
            for (EpochView next = epoch.takeClosed(); next != null; next = next.next) blocks.incrementAndGet();
            return Unit.INSTANCE;
        }

        void count(II_Result r) {
            r.r1 = completions.get();
            r.r2 = blocks.get();
        }
    }

    /** An epoch of one view. */
    private static final class Scene {
        final Retirement retirement;
        final Epoch epoch;
        private final EpochView view;

        Scene(Retirement retirement, Epoch epoch) {
            this.retirement = retirement;
            this.epoch = epoch;
            if (!epoch.tryEnter(BLOCK)) throw new IllegalStateException("a fresh epoch refused a view");
            view = new EpochView(MemorySegment.NULL, epoch);
        }

        static Scene shipped() {
            Retirement retirement = new Retirement();
            return new Scene(retirement, new Epoch(null, BLOCK, 1, retirement::of));
        }

        static Scene twoWords() {
            Retirement retirement = new Retirement();
            return new Scene(retirement, new TwoWordEpoch(retirement));
        }

        static Scene twoSteps() {
            Retirement retirement = new Retirement();
            return new Scene(retirement, new TwoStepEpoch(retirement));
        }

        void close() {
            view.quarantine(BLOCK, 0);
        }
    }

    /** The twin whose seal and count are apart, each atomic. */
    private static final class TwoWordEpoch extends Epoch {
        private final Retirement retirement;
        private volatile boolean sealed;

        TwoWordEpoch(Retirement retirement) {
            super(null, BLOCK, 1, retirement::of);
            this.retirement = retirement;
        }

        @Override
        protected void settle() {
            if (getBalance().decrementAndGet() == 0 && sealed) retirement.of(this);
        }

        @Override
        public void seal() {
            sealed = true;
            if (getBalance().get() == 0) retirement.of(this);
        }
    }

    /** The twin that settles in two steps. */
    private static final class TwoStepEpoch extends Epoch {
        private final Retirement retirement;

        TwoStepEpoch(Retirement retirement) {
            super(null, BLOCK, 1, retirement::of);
            this.retirement = retirement;
        }

        @Override
        protected void settle() {
            long left = getBalance().get() - 1;
            getBalance().set(left);
            if (left == Long.MIN_VALUE) retirement.of(this);
        }
    }

    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Retired once, with its block.")
    @Outcome(expect = FORBIDDEN, desc = "Retired twice, never, or without its block.")
    @State
    public static class OneBalance {
        private final Scene scene = Scene.shipped();

        @Actor
        public void closes() {
            scene.close();
        }

        @Actor
        public void seals() {
            scene.epoch.seal();
        }

        @Arbiter
        public void count(II_Result r) {
            scene.retirement.count(r);
        }
    }

    /**
     * The ledger seals and retires while the block is closed. The results: how often the block came out of quarantine, and how often its
     * view could still be used then.
     */
    @JCStressTest
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "Free once, and out of reach of its view.")
    @Outcome(expect = FORBIDDEN, desc = "Free twice, never, or within reach.")
    @State
    public static class InTheLedger {
        private final AtomicInteger blocks = new AtomicInteger();
        private final AtomicInteger within = new AtomicInteger();
        private final MemorySegment block = Blocks.next();
        private final EpochLedger ledger = new EpochLedger(
            Platform.current, () -> 1 << 20, 64, new Arenas(new Owner(OwnerKind.POOL, "stress")), this::release);
        private final EpochView view = (EpochView) ledger.view(block.address(), BLOCK, BLOCK);

        private Unit release(EpochView first) {
            for (EpochView next = first; next != null; next = next.next) {
                blocks.incrementAndGet();
                if (next.raw.scope().isAlive()) within.incrementAndGet();
            }
            return Unit.INSTANCE;
        }

        @Actor
        public void closes() {
            view.quarantine(block.address(), 0);
        }

        @Actor
        public void retires() {
            ledger.retireNow();
        }

        @Arbiter
        public void count(II_Result r) {
            ledger.retireNow();
            r.r1 = blocks.get();
            r.r2 = within.get();
        }
    }

    @NegativeControl(without = "the one word: seal and count apart, each atomic")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "Retired twice.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class TwoWords {
        private final Scene scene = Scene.twoWords();

        @Actor
        public void closes() {
            scene.close();
        }

        @Actor
        public void seals() {
            scene.epoch.seal();
        }

        @Arbiter
        public void count(II_Result r) {
            scene.retirement.count(r);
        }
    }

    @NegativeControl(without = "the atomic decrement of the balance: reads, and stores then")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "0, 0", expect = ACCEPTABLE_INTERESTING, desc = "Never retired: the seal was overwritten.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class TwoSteps {
        private final Scene scene = Scene.twoSteps();

        @Actor
        public void closes() {
            scene.close();
        }

        @Actor
        public void seals() {
            scene.epoch.seal();
        }

        @Arbiter
        public void count(II_Result r) {
            scene.retirement.count(r);
        }
    }
}
