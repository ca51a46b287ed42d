package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.coroutines.internal.line.ByteLine;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A waiter joins the line of a suspending pool while another thread serves it until it is empty. The one links itself and looks for
 * LINE, the other clears LINE and looks for those who have linked themselves: one of the two must see the other, or the waiter
 * sleeps beside free bytes.
 *
 * The results: how often the one that waited before was notified, and how often the one that joined.
 */
public final class LineJoinRace {
    private LineJoinRace() {
    }

    /** More comes back than the first asked for, so it goes through the state. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both have their bytes.")
    @Outcome(expect = FORBIDDEN, desc = "One sleeps beside free bytes, or was notified twice.")
    @State
    public static class ThroughTheState {
        private final ByteLine line = CountingWaiter.exhausted(2);
        private final CountingWaiter first = CountingWaiter.joined(line);
        private final CountingWaiter second = new CountingWaiter();

        @Actor
        public void givesBack() {
            line.giveBack(2);
        }

        @Actor
        public void joins() {
            line.join(second);
        }

        @Arbiter
        public void count(II_Result r) {
            r.r1 = first.notices.get();
            r.r2 = second.notices.get();
        }
    }

    /** As much comes back as the first asked for, so it goes past the state. The second gets it when the first has done. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both have had the byte.")
    @Outcome(expect = FORBIDDEN, desc = "One sleeps beside a free byte, or was notified twice.")
    @State
    public static class PastTheState {
        private final ByteLine line = CountingWaiter.exhausted(1);
        private final CountingWaiter first = CountingWaiter.joined(line);
        private final CountingWaiter second = new CountingWaiter();

        @Actor
        public void givesBack() {
            line.giveBack(1);
        }

        @Actor
        public void joins() {
            line.join(second);
        }

        @Arbiter
        public void count(II_Result r) {
            line.giveBack(1);
            r.r1 = first.notices.get();
            r.r2 = second.notices.get();
        }
    }

    /** The scene of {@link ThroughTheState} over a twin. */
    private static final class Scene {
        final TwinLine line;
        final TwinLine.Waiter first;
        final TwinLine.Waiter second;

        Scene(TwinLine.Lack lack) {
            line = new TwinLine(2, lack);
            first = line.joined();
            second = line.waiter();
        }

        void count(II_Result r) {
            r.r1 = first.notices.get();
            r.r2 = second.notices.get();
        }
    }

    /** The twin itself breaks nothing. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both have their bytes.")
    @Outcome(expect = FORBIDDEN, desc = "The twin lacks more than it says.")
    @State
    public static class Complete {
        private final Scene scene = new Scene(TwinLine.Lack.NOTHING);

        @Actor
        public void givesBack() {
            scene.line.giveBack(2);
        }

        @Actor
        public void joins() {
            scene.line.join(scene.second);
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the order of a join: looks for LINE, and links itself then")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The one that joined sleeps beside a free byte.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class LooksBeforeItLinks {
        private final Scene scene = new Scene(TwinLine.Lack.LINK_BEFORE_LOOK);

        @Actor
        public void givesBack() {
            scene.line.giveBack(2);
        }

        @Actor
        public void joins() {
            scene.line.join(scene.second);
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the volatile store of the link: the look for LINE may overtake it")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The one that joined sleeps beside a free byte.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class LinksWithoutAFence {
        private final Scene scene = new Scene(TwinLine.Lack.FENCE_AFTER_LINK);

        @Actor
        public void givesBack() {
            scene.line.giveBack(2);
        }

        @Actor
        public void joins() {
            scene.line.join(scene.second);
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }

    @NegativeControl(without = "the second look at the queue, after LINE was cleared")
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "1, 0", expect = ACCEPTABLE_INTERESTING, desc = "The one that joined sleeps beside a free byte.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class LooksOnce {
        private final Scene scene = new Scene(TwinLine.Lack.LOOK_AFTER_CLEAR);

        @Actor
        public void givesBack() {
            scene.line.giveBack(2);
        }

        @Actor
        public void joins() {
            scene.line.join(scene.second);
        }

        @Arbiter
        public void count(II_Result r) {
            scene.count(r);
        }
    }
}
