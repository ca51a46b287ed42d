package dev.leasehold.memory.internal.platform;

import static java.lang.invoke.MethodType.methodType;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * Actions that consist of objects of the JDK alone. Who holds one, such as a thread that waits for garbage, holds
 * nothing of the class loader that has loaded this library, so that the two can be collected.
 *
 * <p>A lambda would do the same work, but its class belongs to that loader.
 */
public final class LoaderFree {
    private static final MethodHandle RUN_IF_THERE = runIfThere();

    private LoaderFree() {}

    private static MethodHandle runIfThere() {
        MethodHandle get = method(Reference.class, "get", methodType(Object.class));
        MethodHandle run = method(Runnable.class, "run", methodType(void.class));
        MethodHandle isGone = function(Objects.class, "isNull", methodType(boolean.class, Object.class));
        MethodHandle either = MethodHandles.guardWithTest(
                isGone.asType(methodType(boolean.class, Runnable.class)), MethodHandles.empty(run.type()), run);
        return MethodHandles.filterReturnValue(get.asType(methodType(Runnable.class, Reference.class)), either);
    }

    /** Runs what {@code action} refers to, or nothing when that is gone. */
    public static Runnable ifThere(Reference<Runnable> action) {
        return MethodHandleProxies.asInterfaceInstance(Runnable.class, RUN_IF_THERE.bindTo(action));
    }

    /** Runs what {@code action} refers to, or nothing, at each call of each method, all of which return nothing. */
    static <T> T allOf(Class<T> type, Reference<Runnable> action) {
        MethodHandle run = RUN_IF_THERE.bindTo(action).asType(methodType(Object.class));
        MethodHandle any = MethodHandles.dropArguments(run, 0, Object.class, Method.class, Object[].class);
        InvocationHandler handler = MethodHandleProxies.asInterfaceInstance(InvocationHandler.class, any);
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** Calls {@code call}, which takes a {@code T} and has the JDK's classes alone, with {@code argument}. */
    public static <T> Runnable calling(MethodHandle call, T argument) {
        MethodHandle bound = MethodHandles.insertArguments(call, 0, argument);
        return MethodHandleProxies.asInterfaceInstance(Runnable.class, bound.asType(methodType(void.class)));
    }

    /** Calls {@code add}, which adds a number, with what {@code own} is by then, negated. */
    static Runnable takingOff(AtomicLong own, MethodHandle add) {
        MethodHandle get = method(AtomicLong.class, "get", methodType(long.class)).bindTo(own);
        MethodHandle negated = function(Math.class, "negateExact", methodType(long.class, long.class));
        MethodHandle all = MethodHandles.filterReturnValue(MethodHandles.filterReturnValue(get, negated), add);
        return MethodHandleProxies.asInterfaceInstance(Runnable.class, all.asType(methodType(void.class)));
    }

    /** Calls {@code call} with the key and the value of every entry that is in {@code ranges} by then. */
    static Runnable forEach(Map<Long, Long> ranges, MethodHandle call) {
        MethodType both = methodType(void.class, Object.class, Object.class);
        MethodHandle unboxed = call.asType(methodType(void.class, Long.class, Long.class)).asType(both);
        BiConsumer<?, ?> each = MethodHandleProxies.asInterfaceInstance(BiConsumer.class, unboxed);
        MethodHandle all = method(Map.class, "forEach", methodType(void.class, BiConsumer.class));
        MethodHandle bound = MethodHandles.insertArguments(all, 0, ranges, each);
        return MethodHandleProxies.asInterfaceInstance(Runnable.class, bound);
    }

    private static MethodHandle method(Class<?> owner, String name, MethodType type) {
        try {
            return MethodHandles.publicLookup().findVirtual(owner, name, type);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static MethodHandle function(Class<?> owner, String name, MethodType type) {
        try {
            return MethodHandles.publicLookup().findStatic(owner, name, type);
        } catch (ReflectiveOperationException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
