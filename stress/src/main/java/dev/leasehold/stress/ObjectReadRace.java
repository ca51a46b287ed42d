package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * One thread reads an object of a pool while its owner frees it and writes the next one into its slot: what is read is the object's own,
 * or is dropped.
 *
 * The result: 0 when the object did not live all the while, 1 when its own words were read, 2 when another's were.
 */
public final class ObjectReadRace {
    private ObjectReadRace() {
    }

    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Came too late, or was cut off.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "Read.")
    @Outcome(expect = FORBIDDEN, desc = "Read, and another's words.")
    @State
    public static class Validated {
        private final ReadScene scene = new ReadScene();

        @Actor
        public void owner() {
            scene.reuse();
        }

        @Actor
        public void reader(I_Result r) {
            r.r1 = scene.read();
        }
    }

    @NegativeControl(without = "the second look: whether the object still lives after its words were read")
    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "Came too late.")
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "The sides did not meet.")
    @Outcome(id = "2", expect = ACCEPTABLE_INTERESTING, desc = "Read, and another's words.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class LooksOnce {
        private final ReadScene scene = new ReadScene();

        @Actor
        public void owner() {
            scene.reuse();
        }

        @Actor
        public void reader(I_Result r) {
            r.r1 = scene.readWithoutSecondLook();
        }
    }
}
