package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.engine.ChunkStack;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntSupplier;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * One thread pops a chunk while another pops two and pushes the first of them again: the ABA problem. The results: how many chunks there
 * are afterwards, held and free, and how many different ones.
 */
public final class ChunkStackReuse {
    private static final int CHUNKS = 3;

    private ChunkStackReuse() {
    }

    /** Counts the chunks that are held and those that {@code pop} still finds; no more than could be there twice. */
    private static void count(int one, int other, IntSupplier pop, II_Result r) {
        int[] times = new int[CHUNKS];
        times[one]++;
        times[other]++;
        for (int i = 0; i < 2 * CHUNKS; i++) {
            int chunk = pop.getAsInt();
            if (chunk < 0) break;
            times[chunk]++;
        }
        for (int t : times) {
            r.r1 += t;
            if (t > 0) r.r2++;
        }
    }

    @JCStressTest
    @Outcome(id = "3, 3", expect = ACCEPTABLE, desc = "Each chunk once.")
    @Outcome(expect = FORBIDDEN, desc = "A chunk twice, or lost.")
    @State
    public static class Tagged {
        private final ChunkStack free = new ChunkStack(CHUNKS);
        private int one;
        private int other;

        @Actor
        public void pops() {
            one = free.pop();
        }

        @Actor
        public void popsTwoAndPushesOne() {
            int first = free.pop();
            other = free.pop();
            free.push(first);
        }

        @Arbiter
        public void count(II_Result r) {
            ChunkStackReuse.count(one, other, free::pop, r);
        }
    }

    @NegativeControl(without = "the tag: the top is the number of the chunk alone")
    @JCStressTest
    @Outcome(id = "3, 3", expect = ACCEPTABLE, desc = "Each chunk once.")
    @Outcome(id = "4, 3", expect = ACCEPTABLE_INTERESTING, desc = "A chunk twice: held, and free or held again.")
    @Outcome(id = {"2, 2", "3, 2"}, expect = ACCEPTABLE_INTERESTING, desc = "A chunk twice, and another lost.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Untagged {
        private final AtomicIntegerArray next = new AtomicIntegerArray(new int[] {1, 2, CHUNKS});
        private final AtomicInteger top = new AtomicInteger();
        private int one;
        private int other;

        private int pop() {
            while (true) {
                int chunk = top.get();
                if (chunk == CHUNKS) return -1;
                if (top.compareAndSet(chunk, next.getAcquire(chunk))) return chunk;
            }
        }

        private void push(int chunk) {
            while (true) {
                int seen = top.get();
                next.setRelease(chunk, seen);
                if (top.compareAndSet(seen, chunk)) return;
            }
        }

        @Actor
        public void pops() {
            one = pop();
        }

        @Actor
        public void popsTwoAndPushesOne() {
            int first = pop();
            other = pop();
            push(first);
        }

        @Arbiter
        public void count(II_Result r) {
            ChunkStackReuse.count(one, other, this::pop, r);
        }
    }
}
