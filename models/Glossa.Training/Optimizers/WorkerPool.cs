using System.Runtime.ExceptionServices;

namespace Glossa.Training.Optimizers;

/// <summary>
/// A few threads that run numbered tasks together with the caller and then sleep again, without allocating.
/// Tasks are handed out in order of their number to whichever thread is free, so a task must depend on its number
/// alone; the worker's number is for choosing scratch memory. One run at a time.
/// </summary>
public sealed class WorkerPool : IDisposable
{
    private readonly Thread[] _helpers;
    private readonly SemaphoreSlim _start = new(0);
    private readonly CountdownEvent _finished = new(1);
    private readonly Lock _oneRun = new();
    private Action<int, int>? _work;
    private Exception? _failure;
    private int _tasks;
    private int _next;
    private volatile bool _stopping;

    /// <summary>Starts <paramref name="threads"/> - 1 helper threads; the caller of <see cref="Run"/> is the last one.</summary>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        _helpers = new Thread[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            int worker = i + 1;
            _helpers[i] = new Thread(() => Help(worker)) { IsBackground = true, Name = $"glossa worker {worker}" };
            _helpers[i].Start();
        }
    }

    /// <summary>Number of threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Calls <paramref name="work"/>(worker, task) for every task in [0, <paramref name="tasks"/>) and returns when all are done.</summary>
    /// <remarks>The first exception of a task stops the run and is thrown here. A task must not call <see cref="Run"/>.</remarks>
    public void Run(int tasks, Action<int, int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (_oneRun)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_helpers.Length == 0 || tasks <= 1)
            {
                for (int task = 0; task < tasks; task++) work(0, task);
                return;
            }
            int helpers = Math.Min(_helpers.Length, tasks - 1);
            (_work, _tasks, _next, _failure) = (work, tasks, 0, null);
            _finished.Reset(helpers);
            _start.Release(helpers);
            TakeTasks(0);
            _finished.Wait();
            _work = null;
            if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_oneRun)
        {
            if (_stopping) return;
            _stopping = true;
            if (_helpers.Length > 0) _start.Release(_helpers.Length);
        }
        foreach (Thread helper in _helpers) helper.Join();
        _start.Dispose();
        _finished.Dispose();
    }

    private void Help(int worker)
    {
        while (true)
        {
            _start.Wait();
            if (_stopping) return;
            TakeTasks(worker);
            _finished.Signal();
        }
    }

    private void TakeTasks(int worker)
    {
        try
        {
            for (int task; (task = Interlocked.Increment(ref _next) - 1) < _tasks;) _work!(worker, task);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, e, null);
            Volatile.Write(ref _next, int.MaxValue / 2);
        }
    }
}
