package dev.leasehold.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.leasehold.memory.internal.block.Fence;
import dev.leasehold.memory.internal.block.HygieneAction;
import dev.leasehold.memory.internal.block.Magazine;
import dev.leasehold.memory.internal.cache.Bias;
import dev.leasehold.memory.internal.cache.CacheRegistry;
import dev.leasehold.memory.internal.cache.CacheShape;
import dev.leasehold.memory.internal.cache.Supply;
import dev.leasehold.memory.internal.cache.ThreadCache;
import kotlin.Unit;
import kotlin.jvm.functions.Function0;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * The owner of a cache takes its one block while a revoker empties the cache: the shipped cache and registry, with the shipped fence, and
 * again with none. The results: blocks that the owner took, that the revoker took, and that are left.
 *
 * The fence lasts a thousand times longer than a take, so the two seldom meet there. {@link FencedUnderway} has an owner who takes blocks
 * all through the fence.
 */
public final class RevocationProtocol {
    private static final int CLASS = 0;
    private static final long BLOCK = 64;

    private RevocationProtocol() {
    }

    private static Unit fence() {
        Fence.INSTANCE.everyThread();
        return Unit.INSTANCE;
    }

    private static Unit noFence() {
        return Unit.INSTANCE;
    }

    /** Nothing is behind the cache, so an owner who finds no block in it gets none. */
    private static final class NoSupply implements Supply {
        private final HygieneAction hygiene = new HygieneAction(false, false, (byte) 0);
        private final CacheShape shape = new CacheShape(Long.MAX_VALUE, Long.MAX_VALUE);

        @Override
        public HygieneAction getHygiene() {
            return hygiene;
        }

        @Override
        public CacheShape getShape() {
            return shape;
        }

        @Override
        public boolean giveBackDirect(int classIndex, long address) {
            return false;
        }

        @Override
        public long takeDirect(int classIndex) {
            return 0;
        }

        @Override
        public Magazine fullMagazine(int classIndex, int wanted) {
            return new Magazine(1);
        }

        @Override
        public Magazine emptyMagazine(int classIndex) {
            return new Magazine(1);
        }

        @Override
        public void dispose(int classIndex, Magazine magazine) {
            if (magazine.count > 0) throw new IllegalStateException("a cache with room gave a block away");
        }

        @Override
        public void giveBackOne(int classIndex, long address) {
            throw new IllegalStateException("a cache with a magazine gave one block away");
        }

        @Override
        public void served() {
            // It leaves no lock, and has nothing to report.
        }
    }

    /** One cache with its blocks, and the way to revoke it. Blocks are a set of bits. */
    private static final class Scene {
        private final ThreadCache cache;
        private final CacheRegistry registry;

        Scene(int blocks, Function0<Unit> fence) {
            cache = new ThreadCache(new NoSupply(), 0, new Bias(0, fence, 1, 1), null);
            registry = new CacheRegistry(fence, Scene::orphan, () -> Unit.INSTANCE);
            registry.register(cache, null);
            for (int i = 1; i <= blocks; i++) cache.giveBack(i * BLOCK, CLASS, BLOCK);
        }

        private static Unit orphan(ThreadCache cache) {
            throw new IllegalStateException("a cache without a thread was taken for an orphan");
        }

        int take() {
            return bit(cache.take(CLASS));
        }

        int revoke() {
            int[] drained = new int[1];
            registry.revoke(false, cache -> {
                drained[0] = drain();
                return Unit.INSTANCE;
            });
            return drained[0];
        }

        int drain() {
            int[] drained = new int[1];
            cache.drainInto(address -> {
                int bit = bit(address);
                if ((drained[0] & bit) != 0) throw new IllegalStateException("the block at " + address + " was drained twice");
                drained[0] |= bit;
            });
            return drained[0];
        }

        private static int bit(long address) {
            return address == 0 ? 0 : 1 << (int) (address / BLOCK - 1);
        }
    }

    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "The owner has it.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "The revoker has it.")
    @Outcome(expect = FORBIDDEN, desc = "Both have it, or it is lost.")
    @State
    public static class Fenced {
        private final Scene scene = new Scene(1, RevocationProtocol::fence);

        @Actor
        public void owner(III_Result r) {
            r.r1 = scene.take();
        }

        @Actor
        public void revoker(III_Result r) {
            r.r2 = scene.revoke();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.drain();
        }
    }

    /** The results: how many blocks both have, how many are lost, and whether both have some. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "One side has all.")
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "The revoker came while the owner was taking.")
    @Outcome(expect = FORBIDDEN, desc = "Both have one, or one is lost.")
    @State
    public static class FencedUnderway {
        private static final int BLOCKS = 32;
        private static final int PAUSE = 50;

        private final Scene scene = new Scene(BLOCKS, RevocationProtocol::fence);
        private int taken;
        private int drained;

        @Actor
        public void owner() {
            int mine = 0;
            for (int i = 0; i < BLOCKS; i++) {
                mine |= scene.take();
                for (int j = 0; j < PAUSE; j++) Thread.onSpinWait();
            }
            taken = mine;
        }

        @Actor
        public void revoker() {
            drained = scene.revoke();
        }

        @Arbiter
        public void count(III_Result r) {
            int left = scene.drain();
            r.r1 = Integer.bitCount(taken & drained | taken & left | drained & left);
            r.r2 = BLOCKS - Integer.bitCount(taken | drained | left);
            r.r3 = taken != 0 && drained != 0 ? 1 : 0;
        }
    }

    @NegativeControl(without = "the fence: owner and revoker both look before the other's store is to be seen")
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "The owner has it.")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "The revoker has it.")
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE_INTERESTING, desc = "Both have it.")
    @Outcome(expect = FORBIDDEN, desc = "Not what the missing protection explains.")
    @State
    public static class Unfenced {
        private final Scene scene = new Scene(1, RevocationProtocol::noFence);

        @Actor
        public void owner(III_Result r) {
            r.r1 = scene.take();
        }

        @Actor
        public void revoker(III_Result r) {
            r.r2 = scene.revoke();
        }

        @Arbiter
        public void left(III_Result r) {
            r.r3 = scene.drain();
        }
    }
}
