using Glossa.Training.Parameters;

namespace Glossa.Training.Optimizers;

/// <summary>
/// Updates all parameters once a step, each by the rule and the rates of its group. Every element's new value depends
/// on its own data alone, so that the bits do not depend on the number of threads. A step allocates nothing.
/// </summary>
public sealed class Optimizer : IDisposable
{
    private readonly ParameterLayout _layout;
    private readonly WorkerPool? _workers;
    private readonly StepRule[] _rules;
    private readonly StepTask[] _allTasks;
    private readonly FloatBuffer _momentum;
    private readonly FloatBuffer _secondMoment;
    private readonly Action<int, int> _runTask;
    private StepTask[] _tasks;
    private StepBuffers _buffers;

    /// <summary>Assigns the parameters to groups and allocates the state.</summary>
    /// <param name="layout">The layout of parameters and gradients.</param>
    /// <param name="options">The groups.</param>
    /// <param name="workers">Threads to use, not disposed here; null uses the caller's alone.</param>
    /// <param name="transposed">Names of parameters stored [inputs, outputs] (right operands of MatMul); others are [outputs, inputs] unless their group says so.</param>
    /// <exception cref="InputException">A setting is out of range, or no group takes a parameter.</exception>
    public Optimizer(ParameterLayout layout, OptimizerOptions options, WorkerPool? workers = null, IReadOnlySet<string>? transposed = null)
    {
        _layout = layout;
        _workers = workers;
        Groups = ParameterGroup.Assign(layout, options);
        _rules = [.. Groups.Where(group => group.Slots.Count > 0).Select(group => MakeRule(group, workers?.Threads ?? 1, transposed))];

        ParameterLayout second = SecondMomentLayout(layout, Groups);
        _momentum = new FloatBuffer(layout.Length);
        _secondMoment = new FloatBuffer(second.Length);
        // Long tasks first; the order changes which thread does what, never a result.
        _allTasks = _tasks = [.. _rules.SelectMany(rule => rule.Tasks(slot => second.Contains(slot.Name) ? second[slot.Name].Offset : 0)).OrderByDescending(task => task.Cost)];
        _runTask = (worker, task) => _tasks[task].Rule.Update(_tasks[task], worker, _buffers);
        Signature = ContentHash.OfParts(Groups.SelectMany(group => group.Slots.Select(slot => $"{group.Options.Kind} {slot.Offset} {slot.Name}"))
            .Order(StringComparer.Ordinal));
    }

    /// <summary>The groups with their parameters, in the order of the options; some may be empty.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Number of steps taken since the start or the last <see cref="Reset"/>.</summary>
    public long StepCount { get; internal set; }

    /// <summary>A hash of which rule updates which parameter; state can be restored only where it is equal.</summary>
    public string Signature { get; }

    /// <summary>
    /// The state that a checkpoint holds beside <see cref="StepCount"/>: <c>momentum</c> in the parameters' layout, and
    /// <c>second_moment</c> of the AdamW parameters alone, packed in layout order.
    /// </summary>
    public IEnumerable<(string Name, FloatBuffer Buffer)> State => [("momentum", _momentum), ("second_moment", _secondMoment)];

    /// <summary>Where the second moments lie: those of the AdamW parameters alone.</summary>
    internal static ParameterLayout SecondMomentLayout(ParameterLayout layout, IReadOnlyList<ParameterGroup> groups)
    {
        HashSet<string> adaptive = [.. groups.Where(g => g.Options.Kind == OptimizerKind.AdamW).SelectMany(g => g.Slots).Select(slot => slot.Name)];
        return new ParameterLayout(layout.Slots.Where(slot => adaptive.Contains(slot.Name)).Select(slot => (slot.Name, slot.Shape)));
    }

    /// <summary>Updates the parameters and zeroes the gradients.</summary>
    /// <param name="parameters">The weights, in the layout.</param>
    /// <param name="gradients">The gradients, in the layout, their padding zero; zero afterwards.</param>
    /// <param name="learningRateFactor">Multiplies each group's learning rate (see <see cref="Schedules.LearningRateSchedule"/>).</param>
    /// <param name="gradientScale">Multiplies the gradients first: a clipping factor, or one over a number of summed batches.</param>
    public void Step(FloatBuffer parameters, FloatBuffer gradients, float learningRateFactor = 1, float gradientScale = 1)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradients);
        if (parameters.Length != _layout.Length || gradients.Length != _layout.Length)
            throw new ArgumentException($"the layout has {_layout.Length} floats, the parameters {parameters.Length}, the gradients {gradients.Length}");
        StepCount++;
        foreach (StepRule rule in _rules) rule.Begin(StepCount, learningRateFactor);
        _buffers = new StepBuffers(parameters, gradients, _momentum, _secondMoment, gradientScale);
        if (_workers is not null) _workers.Run(_tasks.Length, _runTask);
        else for (int task = 0; task < _tasks.Length; task++) _runTask(0, task);
        _buffers = default;
    }

    /// <summary>Leaves parameters and their moments as they are from now on, decay included; those that an earlier call named and this one does not move again.</summary>
    /// <param name="parameters">Slots of the layout. Their gradients are not zeroed by <see cref="Step"/>.</param>
    public void Freeze(IReadOnlyCollection<ParameterSlot> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _tasks = [.. _allTasks.Where(task => !parameters.Any(slot => task.Offset >= slot.Offset && task.Offset < slot.Offset + slot.Length))];
    }

    /// <summary>Forgets moments and step count, as at the start of a phase that does not keep them.</summary>
    public void Reset()
    {
        foreach ((_, FloatBuffer buffer) in State) buffer.Span.Clear();
        StepCount = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (StepRule rule in _rules) rule.Dispose();
        _momentum.Dispose();
        _secondMoment.Dispose();
    }

    private static StepRule MakeRule(ParameterGroup group, int workers, IReadOnlySet<string>? transposed) => group.Options.Kind switch
    {
        OptimizerKind.AdamW => new AdamWRule(group),
        OptimizerKind.Muon => new MuonRule(group, workers, name => transposed?.Contains(name) ?? false),
        OptimizerKind.Sgd => new SgdRule(group),
        _ => throw new ArgumentOutOfRangeException(nameof(group), group.Options.Kind, "no such rule"),
    };
}
