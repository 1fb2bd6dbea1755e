"""Analyses of gaits, rates, weights and dynamics: arrays in, arrays out."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.analysis.activity import (
        PhaseTuning as PhaseTuning,
        balanced_rate as balanced_rate,
        count_variance as count_variance,
        interval_variation as interval_variation,
        lif_rate as lif_rate,
        participation_ratio as participation_ratio,
        phase_tuning as phase_tuning,
        rates_by_group as rates_by_group,
        siegert_rate as siegert_rate,
        smoothed_rates as smoothed_rates,
        spike_counts as spike_counts,
        synchrony as synchrony,
    )
    from premotor.analysis.alignment import (
        Alignment as Alignment,
        align as align,
        cut_strides as cut_strides,
        cycle_spline as cycle_spline,
        stride_error as stride_error,
    )
    from premotor.analysis.bipedal_walk import (
        BipedalWalk as BipedalWalk,
        bipedal_walk as bipedal_walk,
        walks_of as walks_of,
    )
    from premotor.analysis.chemotaxis import (
        Turning as Turning,
        chemotaxis_figures as chemotaxis_figures,
        chemotaxis_index as chemotaxis_index,
        turning_by_bearing as turning_by_bearing,
    )
    from premotor.analysis.contrasts import (
        SIGNIFICANT as SIGNIFICANT,
        Contrast as Contrast,
        Verdict as Verdict,
        contrast as contrast,
        corrected as corrected,
        verdict as verdict,
    )
    from premotor.analysis.equivalence_tests import (
        Equivalence as Equivalence,
        equivalence as equivalence,
        smallest_difference as smallest_difference,
        smallest_improvement as smallest_improvement,
    )
    from premotor.analysis.footfalls import (
        debounced as debounced,
        double_support as double_support,
        duty_factor as duty_factor,
        foot_strikes as foot_strikes,
        limb_phase as limb_phase,
        phase_of as phase_of,
        stride_frequency as stride_frequency,
        stride_lengths as stride_lengths,
        support_fractions as support_fractions,
        symmetry_index as symmetry_index,
    )
    from premotor.analysis.gait import (
        Gait as Gait,
        action_roughness as action_roughness,
        cost_of_transport as cost_of_transport,
        gait_of as gait_of,
        spectral_arc_length as spectral_arc_length,
    )
    from premotor.analysis.hexapod import (
        HexapodGait as HexapodGait,
        hexapod_gait as hexapod_gait,
        tripod_index as tripod_index,
        tripod_strength as tripod_strength,
    )
    from premotor.analysis.learning_speed import (
        Arrival as Arrival,
        Arrivals as Arrivals,
        arrival as arrival,
        arrivals as arrivals,
        compare_arrivals as compare_arrivals,
        learning_area as learning_area,
    )
    from premotor.analysis.lyapunov import (
        CovariantVectors as CovariantVectors,
        DelayMap as DelayMap,
        DiffraxMap as DiffraxMap,
        LyapunovSpectrum as LyapunovSpectrum,
        NetworkMap as NetworkMap,
        RungeKutta as RungeKutta,
        TwinExponents as TwinExponents,
        attractor_kind as attractor_kind,
        covariant_vectors as covariant_vectors,
        delay_map as delay_map,
        diffrax_map as diffrax_map,
        entropy_rate as entropy_rate,
        kaplan_yorke_dimension as kaplan_yorke_dimension,
        lyapunov_spectrum as lyapunov_spectrum,
        network_map as network_map,
        random_frame as random_frame,
        runge_kutta as runge_kutta,
        tangent_growth as tangent_growth,
        twin_exponents as twin_exponents,
        vector_participation as vector_participation,
        zero_tolerance as zero_tolerance,
    )
    from premotor.analysis.mean_field import mean_field_exponent as mean_field_exponent
    from premotor.analysis.replication import (
        Difference as Difference,
        Profile as Profile,
        Replicates as Replicates,
        among_wirings as among_wirings,
        difference_of_means as difference_of_means,
        interquartile_mean as interquartile_mean,
        mean_of_units as mean_of_units,
        performance_profile as performance_profile,
        probability_of_improvement as probability_of_improvement,
        replicates as replicates,
    )
    from premotor.analysis.rhythm import (
        Rhythm as Rhythm,
        circular_mean as circular_mean,
        dominant_frequency as dominant_frequency,
        power_spectrum as power_spectrum,
        relative_phase as relative_phase,
        rhythm as rhythm,
    )
    from premotor.analysis.statistics import (
        Comparison as Comparison,
        Estimate as Estimate,
        Stretch as Stretch,
        Variance as Variance,
        best_mean as best_mean,
        best_median as best_median,
        bootstrap_mean as bootstrap_mean,
        hedges_g as hedges_g,
        holm as holm,
        mann_whitney as mann_whitney,
        one_way_anova as one_way_anova,
        sliding_mean as sliding_mean,
        sliding_median as sliding_median,
        wilson_interval as wilson_interval,
    )
    from premotor.analysis.undulation import (
        Undulation as Undulation,
        outline as outline,
        tangents as tangents,
        undulation as undulation,
        undulation_figures as undulation_figures,
    )
    from premotor.analysis.weights import (
        ClassPair as ClassPair,
        WeightChange as WeightChange,
        by_class_pair as by_class_pair,
        sorted_by_class as sorted_by_class,
        weight_change as weight_change,
        weight_matrix as weight_matrix,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
